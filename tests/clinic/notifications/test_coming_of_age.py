"""Parents and legal guardians are notified once when the patient is of age."""

import datetime as dt

import pytest
from pytest_django import Settings
from time_machine import Traveller

from clinic import clock as clinic_clock
from clinic.guardians import add_guardian, end_guardian
from clinic.models import Guardian, Patient, Relationship
from clinic.models.guardian import latest_birth_date_of_age
from clinic.notifications.coming_of_age import enqueue_due_notifications
from tests.support.acting_people import make_dependant
from tests.support.booking import write
from tests.support.emails import mailbox, part, subjects
from tests.support.fixtures.smtp_server import MailServer
from tests.support.task_worker import run_due_tasks
from users.models import User

pytestmark = pytest.mark.django_db

SUBJECT = "The right to act for a patient ends: CyberMed"
EIGHTEEN_TODAY = dt.date(2008, 3, 2)


def notify() -> int:
    return enqueue_due_notifications(clinic_clock.now())


def add(patient: Patient, user: User, relationship: Relationship) -> Guardian:
    return add_guardian(patient, user, relationship)


def test_guardians_are_notified_once_on_the_birthday(
    ann: Patient, olga: User, ben: Patient, mail_server: MailServer, clock: Traveller
) -> None:
    """Carers and other guardians without an age are not notified."""
    kim = make_dependant(ann.user, born=dt.date(2008, 3, 3))
    add(kim, olga, Relationship.GUARDIAN)
    add(kim, ben.user, Relationship.CARER)
    assert notify() == 0
    clock.move_to("2026-03-03T00:05:00+01:00")
    assert [notify(), notify()] == [2, 0]
    run_due_tasks()
    assert sorted(subjects(mail_server)) == [
        ("ann@example.org", SUBJECT),
        ("olga@example.org", SUBJECT),
    ]
    text = part(mailbox(mail_server, "ann@example.org")[0], "text/plain")
    assert text.startswith("Hello Ann Example,\n\nKim Example has reached the age of 18. ")
    assert Guardian.objects.filter(age_notified_at=clinic_clock.now()).count() == 2


def test_patient_with_address_is_notified_once(
    ann: Patient, olga: User, mail_server: MailServer
) -> None:
    kim = make_dependant(ann.user, born=EIGHTEEN_TODAY)
    write(kim.user, email="kim@example.org", email_verified_at=clinic_clock.now())
    assert notify() == 1
    add(kim, olga, Relationship.PARENT)
    assert notify() == 1
    run_due_tasks()
    assert sorted(subjects(mail_server)) == [
        ("ann@example.org", SUBJECT),
        ("kim@example.org", SUBJECT),
        ("olga@example.org", SUBJECT),
    ]
    text = part(mailbox(mail_server, "kim@example.org")[0], "text/plain")
    assert text.startswith("Hello Kim Example,\n\nYou have reached the age of 18. ")


def test_notification_to_unverified_address_has_no_typed_text(
    ann: Patient, mail_server: MailServer
) -> None:
    make_dependant(ann.user, born=EIGHTEEN_TODAY)
    write(ann.user, email_verified_at=None)
    notify()
    run_due_tasks()
    [message] = mailbox(mail_server, "ann@example.org")
    texts = [part(message, kind) for kind in ("text/plain", "text/html")]
    assert [name for name in ("Ann", "Kim", "Example") for text in texts if name in text] == []


def test_notification_is_not_sent_after_the_right_ended(
    ann: Patient, mail_server: MailServer
) -> None:
    make_dependant(ann.user, born=EIGHTEEN_TODAY)
    notify()
    end_guardian(Guardian.objects.get(), clinic_clock.now())
    run_due_tasks()
    assert subjects(mail_server) == []


def test_notification_follows_the_age_limit(ann: Patient, settings: Settings) -> None:
    make_dependant(ann.user)
    settings.DEPENDANT_AGE_LIMIT = 7
    assert notify() == 1


@pytest.mark.parametrize(
    ("today", "born"),
    [
        ("2026-02-28", "2008-02-28"),
        ("2026-03-01", "2008-03-01"),
        ("2028-02-29", "2010-02-28"),
        ("2044-02-29", "2026-02-28"),
    ],
)
def test_latest_birth_date_of_age_across_29_february(today: str, born: str) -> None:
    """Those who were born on 29 February 2008 are of age on 1 March 2026."""
    assert latest_birth_date_of_age(dt.date.fromisoformat(today)) == dt.date.fromisoformat(born)


def test_guardian_with_an_unverified_address_is_not_emailed_where_verification_is_required(
    ann: Patient, mail_server: MailServer, settings: Settings
) -> None:
    make_dependant(ann.user, born=EIGHTEEN_TODAY)
    write(ann.user, email_verified_at=None)
    settings.EMAIL_VERIFICATION_REQUIRED = True
    assert notify() == 1
    run_due_tasks()
    assert subjects(mail_server) == []
