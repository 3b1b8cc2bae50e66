"""Emails about patients who have guardians, or no address."""

import datetime as dt

import pytest
from django.test import Client
from pytest_django import Settings
from time_machine import Traveller

from clinic import clock as clinic_clock
from clinic.models import Doctor, Guardian, Notification, Patient
from clinic.models.guardian import Relationship
from clinic.notifications.digests import enqueue_due_digests
from clinic.notifications.reminders import appointments_due_for_reminder, enqueue_due_reminders
from clinic.notifications.tasks import hold_notifications, release_notifications
from tests.support.acting_people import (
    book_as_guardian,
    make_dependant,
    make_guardian,
    make_patient_without_account,
)
from tests.support.booking import TEN, book_as_patient, book_as_staff, confirm, move, reassign
from tests.support.emails import calendar_of, mailbox, part, subjects
from tests.support.fixtures.people import make_patient, make_user
from tests.support.fixtures.smtp_server import MailServer
from tests.support.task_worker import run_due_tasks
from users.models import User

pytestmark = pytest.mark.django_db

ANN, BEN, DORA = "ann@example.org", "ben@example.org", "dora@example.org"
PENDING = "It is not confirmed yet. We will email you once it is."
BOOKED = "Appointment booked: Tuesday, 3 March 2026, 09:00"


@pytest.fixture
def tim(ann: Patient) -> Patient:
    """Ann's child, who has no account."""
    return make_dependant(ann.user, "Tim")


def recipients_of_all() -> list[tuple[str, str]]:
    """Return recipient and kind of all notifications, in the order of their creation."""
    rows = Notification.objects.order_by("pk")
    return list(rows.values_list("recipient__email", "kind"))


def lines(mail_server: MailServer, address: str) -> list[str]:
    """Return the lines of the latest email to an address, from the first sentence on."""
    return part(mailbox(mail_server, address)[-1], "text/plain").splitlines()[2:]


def test_emails_about_patient_without_address_go_to_all_guardians(
    ann: Patient, ben: Patient, tim: Patient, dora: Doctor, mail_server: MailServer
) -> None:
    make_guardian(tim, ben.user)
    book_as_guardian(ann.user, tim, dora)
    run_due_tasks()
    assert sorted(subjects(mail_server)) == [(ANN, BOOKED), (BEN, BOOKED), (DORA, BOOKED)]
    assert lines(mail_server, BEN)[:7] == [
        f"We have booked an appointment of a patient for whom you act. {PENDING}",
        "",
        "  Tuesday, 3 March 2026, 09:00 to 09:30",
        "  Patient: Tim Example",
        "  Doctor: Dora Example",
        "  Duration: 30 minutes",
        "",
    ]
    html = part(mailbox(mail_server, BEN)[0], "text/html")
    assert "Patient: Tim Example<br>Doctor: Dora Example<br>Duration" in html
    [event] = calendar_of(mailbox(mail_server, BEN)[0]).events
    assert str(event["SUMMARY"]) == "Not confirmed: Tim: Appointment with Dora Example"
    assert event["ATTENDEE"] == f"mailto:{BEN}"


def test_email_to_unverified_address_of_guardian_has_no_names(
    ann: Patient, tim: Patient, dora: Doctor, mail_server: MailServer
) -> None:
    appointment = book_as_guardian(ann.user, tim, dora)
    User.objects.filter(pk=ann.user_id).update(email_verified_at=None)
    run_due_tasks()
    [message] = mailbox(mail_server, ANN)
    texts = [part(message, kind) for kind in ("text/plain", "text/html", "text/calendar")]
    words = ("Ann", "Tim", "Dora", "Example")
    assert [word for word in words for text in [*texts, message["Subject"]] if word in text] == []
    assert "Sign in to see with whom." in texts[0]
    assert appointment.patient == tim


def test_emails_about_patient_with_address_go_to_patient_and_acting_guardian(
    ann: Patient, ben: Patient, dora: Doctor
) -> None:
    """A guardian who has done nothing about the appointment gets no emails about it."""
    eva = make_patient("Eva")
    for user in (ann.user, ben.user):
        make_guardian(eva, user, Relationship.CHILD)
    appointment = book_as_guardian(ann.user, eva, dora)
    run_due_tasks()
    confirm(dora.user, appointment)
    run_due_tasks()
    assert recipients_of_all() == [
        *((DORA, "booked"), ("eva@example.org", "booked"), (ANN, "booked")),
        *((DORA, "confirmed"), ("eva@example.org", "confirmed"), (ANN, "confirmed")),
    ]


def test_reminder_goes_to_patient_with_address_or_to_all_guardians(
    ann: Patient, ben: Patient, tim: Patient, dora: Doctor, clock: Traveller
) -> None:
    make_guardian(tim, ben.user)
    eva = make_patient("Eva")
    make_guardian(eva, ann.user)
    day = dt.date(2026, 3, 5)
    book_as_guardian(ann.user, tim, dora, day)
    book_as_guardian(ann.user, eva, dora, day, TEN)
    run_due_tasks()
    Notification.objects.all().delete()
    clock.move_to("2026-03-04T12:00:00+01:00")
    assert enqueue_due_reminders(clinic_clock.now()) == 3
    assert enqueue_due_reminders(clinic_clock.now()) == 0
    assert recipients_of_all() == [
        *((ANN, "reminder"), (BEN, "reminder"), ("eva@example.org", "reminder")),
    ]


def test_reminder_to_guardian_names_the_patient(
    ann: Patient, tim: Patient, dora: Doctor, clock: Traveller, mail_server: MailServer
) -> None:
    book_as_guardian(ann.user, tim, dora, dt.date(2026, 3, 5))
    run_due_tasks()
    clock.move_to("2026-03-04T12:00:00+01:00")
    enqueue_due_reminders(clinic_clock.now())
    run_due_tasks()
    reminder = mailbox(mail_server, ANN)[-1]
    assert reminder["Subject"] == "Reminder of an appointment: Thursday, 5 March 2026, 09:00"
    assert lines(mail_server, ANN)[:4] == [
        f"We look forward to seeing the patient for whom you act. {PENDING}",
        "",
        "  Thursday, 5 March 2026, 09:00 to 09:30",
        "  Patient: Tim Example",
    ]


def test_nobody_is_notified_of_patient_without_address_and_guardians(
    dora: Doctor, sam: User, clock: Traveller, mail_server: MailServer
) -> None:
    walk_in = make_patient_without_account("Wim")
    appointment = book_as_staff(sam, dora, walk_in, dt.date(2026, 3, 5))
    run_due_tasks()
    assert recipients_of_all() == [(DORA, "booked")]
    clock.move_to("2026-03-04T12:00:00+01:00")
    assert appointments_due_for_reminder(clinic_clock.now()) == []
    assert enqueue_due_reminders(clinic_clock.now()) == 0
    assert len(mail_server.received) == 1
    admin = Client()
    admin.force_login(sam)
    page = admin.get(f"/admin/clinic/appointment/{appointment.pk}/change/").content.decode()
    assert "Nobody: not notified, because there is no address" in page


def test_admin_shows_whom_emails_about_an_appointment_go_to(
    ann: Patient, ben: Patient, tim: Patient, dora: Doctor, sam: User
) -> None:
    make_guardian(tim, ben.user)
    appointment = book_as_staff(sam, dora, tim)
    admin = Client()
    admin.force_login(sam)
    page = admin.get(f"/admin/clinic/appointment/{appointment.pk}/change/").content.decode()
    assert "Ann Example, Ben Example" in page


def test_notification_to_removed_guardian_is_cancelled(
    ann: Patient, ben: Patient, tim: Patient, dora: Doctor, mail_server: MailServer
) -> None:
    make_guardian(tim, ben.user)
    appointment = book_as_guardian(ann.user, tim, dora)
    run_due_tasks()
    held = hold_notifications(appointment.history.get().pk, clinic_clock.now())
    Notification.objects.update(sent_at=None, held_at=clinic_clock.now())
    Guardian.objects.filter(user=ben.user).delete()
    sent_before = len(mail_server.received)
    release_notifications(held)
    run_due_tasks()
    assert sorted(to for to, _subject in subjects(mail_server)[sent_before:]) == [ANN, DORA]
    assert Notification.objects.get(recipient=ben.user).dropped_at is not None


def test_guardian_who_is_the_doctor_gets_the_emails_of_the_doctor(
    ann: Patient, dora: Doctor, sam: User, clock: Traveller, mail_server: MailServer
) -> None:
    child = make_dependant(dora.user, "Tim")
    book_as_staff(sam, dora, child, dt.date(2026, 3, 5))
    run_due_tasks()
    assert recipients_of_all() == [(DORA, "booked")]
    assert lines(mail_server, DORA)[0] == "An appointment with you has been booked."
    clock.move_to("2026-03-04T12:00:00+01:00")
    enqueue_due_reminders(clinic_clock.now())
    assert recipients_of_all() == [(DORA, "booked"), (DORA, "reminder")]


def test_former_doctor_is_told_of_cancellation_and_guardian_of_reassignment(
    ann: Patient, tim: Patient, dora: Doctor, emil: Doctor, sam: User, mail_server: MailServer
) -> None:
    appointment = book_as_guardian(ann.user, tim, dora)
    run_due_tasks()
    reassign(sam, appointment, emil)
    run_due_tasks()
    assert recipients_of_all()[2:] == [
        (DORA, "cancelled"),
        ("emil@example.org", "booked"),
        (ANN, "reassigned"),
    ]
    assert lines(mail_server, DORA)[0] == (
        "Another doctor has taken over the appointment. The time is available again."
    )
    assert lines(mail_server, ANN)[0].startswith("Another doctor will see a patient for whom")


def test_daily_limit_counts_emails_about_all_dependants_of_an_address(
    ann: Patient,
    tim: Patient,
    dora: Doctor,
    settings: Settings,
    clock: Traveller,
    mail_server: MailServer,
) -> None:
    settings.MAX_EMAILS_PER_DAY = 2
    eve = make_dependant(ann.user, "Eve")
    own = book_as_patient(ann, dora, dt.date(2026, 3, 4))
    run_due_tasks()
    book_as_guardian(ann.user, tim, dora, dt.date(2026, 3, 5))
    run_due_tasks()
    for_eve = book_as_guardian(ann.user, eve, dora, dt.date(2026, 3, 6))
    run_due_tasks()
    assert len(mailbox(mail_server, ANN)) == 2
    clock.move_to("2026-03-03T06:00:00+01:00")
    enqueue_due_digests(clinic_clock.now())
    run_due_tasks()
    text = part(mailbox(mail_server, ANN)[-1], "text/plain")
    assert "  Friday, 6 March 2026, 09:00 (Pending), Eve Example" in text.splitlines()
    assert (own.patient, for_eve.patient) == (ann, eve)


def test_summary_names_each_dependant(
    ann: Patient, tim: Patient, dora: Doctor, mail_server: MailServer
) -> None:
    eve = make_dependant(ann.user, "Eve")
    appointments = [
        book_as_guardian(ann.user, child, dora, dt.date(2026, 3, day))
        for day, child in enumerate((tim, eve), 5)
    ]
    run_due_tasks()
    moved = [move(dora.user, each, each.date, TEN) for each in appointments]
    Notification.objects.filter(kind="moved").delete()
    now = clinic_clock.now()
    changes = [each.history.order_by("pk").last() for each in moved]
    release_notifications(
        notification
        for change in changes
        if change
        for notification in hold_notifications(change.pk, now)
    )
    run_due_tasks()
    message = next(
        one
        for one in reversed(mailbox(mail_server, ANN))
        if one["Subject"] == "Changes to your appointments"
    )
    text = part(message, "text/plain").splitlines()
    assert [line for line in text if "Patient:" in line] == [
        "  Patient: Tim Example",
        "  Patient: Eve Example",
    ]


def test_person_of_no_relation_gets_no_email(
    ann: Patient, tim: Patient, dora: Doctor, mail_server: MailServer
) -> None:
    make_user("Otto")
    book_as_guardian(ann.user, tim, dora)
    run_due_tasks()
    assert {to for to, _subject in subjects(mail_server)} == {ANN, DORA}
