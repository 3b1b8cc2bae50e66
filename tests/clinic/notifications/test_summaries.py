"""One email a person about the changes that one action made."""

import datetime as dt
from email.message import EmailMessage

import pytest
from django.core.exceptions import ValidationError
from django.core.management import call_command
from icalendar import Calendar
from pytest_django import Settings
from time_machine import Traveller

from clinic import clock as clinic_clock
from clinic.booking import doctors_day
from clinic.booking.doctors_day import Cancel, DayChange, DayResult, Reassign, Reschedule
from clinic.models import Appointment, Doctor, Notification, Patient
from clinic.notifications import tasks
from clinic.notifications.texts import PENDING_TO_PATIENT
from tests.support.booking import TEN, TUESDAY, book_as_patient, confirm, move
from tests.support.emails import mailbox, part, subjects
from tests.support.fixtures.people import make_doctor
from tests.support.fixtures.smtp_server import ACCEPTED, MailServer
from tests.support.task_worker import run_due_tasks
from tests.support.words import has_word
from users.models import User

pytestmark = pytest.mark.django_db

WEDNESDAY = TUESDAY + dt.timedelta(days=1)
ANN, BEN, DORA, FAY = (f"{name}@example.org" for name in ("ann", "ben", "dora", "fay"))
SUMMARY = "Changes to your appointments"


@pytest.fixture
def fay(db: None) -> Doctor:
    """Another cardiologist."""
    return make_doctor("Fay")


@pytest.fixture
def day(ann: Patient, ben: Patient, dora: Doctor, mail_server: MailServer) -> list[Appointment]:
    """Dora's appointments on Tuesday: Ann's at 9 and 10, Ben's at 11; their emails are sent."""
    appointments = [
        book_as_patient(ann, dora),
        confirm(dora.user, book_as_patient(ann, dora, time=TEN)),
        book_as_patient(ben, dora, time=dt.time(11)),
    ]
    run_due_tasks()
    mail_server.received.clear()
    return appointments


def change(
    sam: User,
    doctor: Doctor,
    changes: dict[Appointment, DayChange],
    errors: tuple[type[Exception], ...] = (ValidationError,),
) -> list[DayResult]:
    return doctors_day.change_day(
        actor=sam,
        doctor=doctor,
        date=TUESDAY,
        changes={appointment.pk: what for appointment, what in changes.items()},
        now=clinic_clock.now(),
        errors=errors,
    )


def calendar_entries(message: EmailMessage) -> list[tuple[str, str, str]]:
    """Return method, start and status of the attached calendar entries."""
    entries = []
    for attached in message.iter_attachments():
        calendar = Calendar.from_ical(attached.get_content())
        (event,) = calendar.walk("VEVENT")
        start = event.decoded("DTSTART")
        entries.append((str(calendar["METHOD"]), f"{start:%m-%d %H:%M}", str(event["STATUS"])))
    return entries


def test_each_person_gets_one_email(
    day: list[Appointment], sam: User, dora: Doctor, fay: Doctor, mail_server: MailServer
) -> None:
    first, second, third = day
    what: dict[Appointment, DayChange] = {
        first: Reassign(fay.pk),
        second: Reschedule(WEDNESDAY, TEN),
        third: Cancel("Dora is ill"),
    }
    assert [result.error for result in change(sam, dora, what)] == [None, None, None]
    run_due_tasks()
    assert sorted(subjects(mail_server)) == [
        (ANN, SUMMARY),
        (BEN, "Appointment cancelled: Tuesday, 3 March 2026, 11:00"),
        (DORA, SUMMARY),
        (FAY, "Appointment booked: Tuesday, 3 March 2026, 09:00"),
    ]
    [to_ann], [to_dora] = mailbox(mail_server, ANN), mailbox(mail_server, DORA)
    assert (
        part(to_ann, "text/plain").strip()
        == f"""Hello Ann Example,

Several of your appointments have changed:

  Tuesday, 3 March 2026, 09:00 to 09:30
  Another doctor will see you at your appointment. {PENDING_TO_PATIENT}
  Doctor: Fay Example

  Wednesday, 4 March 2026, 10:00 to 10:30
  Previous time: Tuesday, 3 March 2026, 10:00
  Your appointment has been moved to a new time.
  Doctor: Dora Example

Sign in to see the details.

All times are in the clinic's time zone (Europe/Berlin).

CyberMed
This is an automatic message. Replies are not read."""
    )
    assert calendar_entries(to_ann) == [
        ("REQUEST", "03-03 09:00", "TENTATIVE"),
        ("REQUEST", "03-04 10:00", "CONFIRMED"),
    ]
    assert calendar_entries(to_dora) == [
        ("CANCEL", "03-03 09:00", "CANCELLED"),
        ("CANCEL", "03-03 11:00", "CANCELLED"),
        ("REQUEST", "03-04 10:00", "CONFIRMED"),
    ]
    assert "Dora is ill" not in part(to_dora, "text/plain")
    assert not Notification.objects.waiting().exists()


def test_summary_names_nobody_at_an_unverified_address(
    day: list[Appointment], sam: User, dora: Doctor, ann: Patient, mail_server: MailServer
) -> None:
    User.objects.filter(pk=ann.user_id).update(email_verified_at=None)
    change(sam, dora, dict.fromkeys(day[:2], Cancel()))
    run_due_tasks()
    [message] = mailbox(mail_server, ANN)
    texts = part(message, "text/plain") + part(message, "text/html")
    assert [name for name in ("Ann", "Dora") if has_word(texts, name)] == []


def test_failed_change_is_in_no_email(
    day: list[Appointment], sam: User, dora: Doctor, mail_server: MailServer
) -> None:
    results = change(sam, dora, {day[0]: Cancel(), day[1]: Reassign(0)})
    assert [type(result.error) for result in results] == [type(None), ValidationError]
    run_due_tasks()
    title = "Appointment cancelled: Tuesday, 3 March 2026, 09:00"
    assert sorted(subjects(mail_server)) == [(ANN, title), (DORA, title)]


def test_summary_is_sent_again_after_a_failure(
    day: list[Appointment],
    sam: User,
    dora: Doctor,
    mail_server: MailServer,
    clock: Traveller,
) -> None:
    change(sam, dora, dict.fromkeys(day[:2], Cancel()))
    mail_server.response = "451 try later"
    run_due_tasks()
    waiting = Notification.objects.waiting()
    assert set(waiting.values_list("failures", "last_failure", "sending_since")) == {
        (1, "SMTPDataError 451", None)
    }
    mail_server.response = ACCEPTED
    clock.shift(dt.timedelta(minutes=2))
    run_due_tasks()
    run_due_tasks()
    assert sorted(subjects(mail_server)) == [(ANN, SUMMARY), (DORA, SUMMARY)]
    assert not waiting.exists()


def test_digest_reports_the_changes_before_an_action_broke_off(
    day: list[Appointment], sam: User, dora: Doctor, mail_server: MailServer, clock: Traveller
) -> None:
    """Each change is committed with its notifications; before, no email was ever sent."""
    with pytest.raises(ValidationError):
        change(sam, dora, {**dict.fromkeys(day[:2], Cancel()), day[2]: Reassign(0)}, errors=())
    run_due_tasks()
    assert mail_server.received == []
    clock.move_to("2026-03-03T00:30:00+01:00")
    call_command("send_reminders", verbosity=0)
    run_due_tasks()
    assert {(ANN, SUMMARY), (DORA, SUMMARY)} <= set(subjects(mail_server))


def test_summary_counts_as_one_email_of_the_day(
    day: list[Appointment],
    sam: User,
    dora: Doctor,
    mail_server: MailServer,
    settings: Settings,
) -> None:
    sent = Notification.objects.filter(recipient=dora.user).count()
    settings.MAX_EMAILS_PER_DAY = sent + 1
    change(sam, dora, dict.fromkeys(day, Cancel()))
    run_due_tasks()
    assert [subject for address, subject in subjects(mail_server) if address == DORA] == [SUMMARY]


def test_summary_over_the_daily_limit_is_left_to_the_digest(
    day: list[Appointment],
    sam: User,
    dora: Doctor,
    mail_server: MailServer,
    settings: Settings,
) -> None:
    settings.MAX_EMAILS_PER_DAY = 1
    change(sam, dora, dict.fromkeys(day, Cancel()))
    run_due_tasks()
    assert mailbox(mail_server, DORA) == []
    held = Notification.objects.waiting().filter(recipient=dora.user, sending_since__isnull=True)
    assert held.filter(held_at__isnull=False).count() == 3


def test_summary_leaves_out_what_a_later_email_has_reported(
    day: list[Appointment], sam: User, ann: Patient, dora: Doctor, mail_server: MailServer
) -> None:
    change(
        sam,
        dora,
        {day[0]: Reschedule(WEDNESDAY, TEN), day[1]: Reschedule(WEDNESDAY, dt.time(11))},
    )
    moved = move(ann.user, day[0], WEDNESDAY, dt.time(15))
    tasks.notify_parties.func(moved.history.latest("pk").pk)
    latest = Notification.objects.filter(appointment=moved, recipient=ann.user).latest("pk")
    tasks.send_notification.func(latest.pk)
    run_due_tasks()
    [summary] = [m for m in mailbox(mail_server, ANN) if m["Subject"] == SUMMARY]
    text = part(summary, "text/plain")
    assert ("4 March 2026, 10:00" in text, "4 March 2026, 11:00" in text) == (False, True)
