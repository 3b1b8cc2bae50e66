"""Reminders: one per appointment and time, across daylight saving changes."""

import datetime as dt

import pytest
from pytest_django import Settings
from time_machine import Traveller

from clinic import clock as clinic_clock
from clinic.booking.schedules import Interval, set_working_hours
from clinic.models import Appointment, Doctor, Notification, Patient
from clinic.notifications.reminders import enqueue_due_reminders
from tests.support.booking import (
    TUESDAY,
    amend,
    book_as_patient,
    cancel,
    complete,
    confirm,
    move,
    reassign,
    reopen,
)
from tests.support.emails import mailbox, part
from tests.support.fixtures.smtp_server import ACCEPTED, MailServer
from tests.support.task_worker import run_due_tasks
from users.models import User

pytestmark = pytest.mark.django_db

ANN, DORA = "ann@example.org", "dora@example.org"
# One week after the Monday of the test clock, so that the reminder is due on another day.
MONDAY = dt.date(2026, 3, 9)
DAY_BEFORE, AT_NINE = "2026-03-08T09:00:00+01:00", "2026-03-09T09:00:00+01:00"


@pytest.fixture
def appointment(ann: Patient, dora: Doctor, mail_server: MailServer) -> Appointment:
    """Ann's appointment on Monday 9 March at 09:00; the emails about the booking are cleared."""
    booked = book_as_patient(ann, dora, MONDAY)
    run_due_tasks()
    mail_server.received.clear()
    return booked


def remind() -> int:
    """Run ``enqueue_due_reminders`` and the worker; return how many reminders were enqueued."""
    enqueued = enqueue_due_reminders(clinic_clock.now())
    run_due_tasks()
    return enqueued


def reminded(server: MailServer) -> list[str]:
    """Return the subjects of the received reminders; fail if one was not sent to Ann."""
    reminders = [(to, m) for to, m in server.received if m["Subject"].startswith("Reminder")]
    assert [to for to, _ in reminders if to != [ANN]] == []
    return [message["Subject"] for _, message in reminders]


NINE = "Reminder of your appointment: Monday, 9 March 2026, 09:00"


def test_enqueue_due_reminders_enqueues_once_from_24_hours_before(
    appointment: Appointment, mail_server: MailServer, clock: Traveller
) -> None:
    clock.move_to("2026-03-08T08:59:59+01:00")
    enqueued = [remind()]
    clock.shift(1)
    enqueued += [remind(), remind()]
    clock.move_to("2026-03-09T08:59:59+01:00")
    enqueued.append(remind())
    assert (enqueued, reminded(mail_server)) == ([0, 1, 0, 0], [NINE])


def test_reminder_email_is_text_and_html_and_reports_pending_status(
    appointment: Appointment, mail_server: MailServer, clock: Traveller
) -> None:
    clock.move_to(DAY_BEFORE)
    remind()
    [message] = mailbox(mail_server, ANN)
    assert [p.get_content_type() for p in message.iter_parts()] == ["text/plain", "text/html"]
    assert part(message, "text/plain").splitlines()[2] == (
        "We look forward to seeing you. It is not confirmed yet. We will email you once it is."
    )


@pytest.mark.parametrize("hours", [0, 1, 48])
def test_reminder_hours_setting_is_respected_and_0_disables_reminders(
    appointment: Appointment,
    mail_server: MailServer,
    clock: Traveller,
    settings: Settings,
    hours: int,
) -> None:
    settings.REMINDER_HOURS = hours
    clock.move_to(AT_NINE)
    clock.shift(-hours * 3600 - 1)
    enqueued = [remind()]
    clock.shift(1)
    enqueued.append(remind())
    assert enqueued == [0, int(hours > 0)]


@pytest.mark.parametrize(
    ("booked_at", "day", "due_at"),
    [
        # The clock goes forward on 29 March 2026, a Sunday, and back on 25 October.
        ("2026-03-20T08:00:00+01:00", dt.date(2026, 3, 30), "2026-03-29T09:00:00+02:00"),
        ("2026-10-20T08:00:00+02:00", dt.date(2026, 10, 26), "2026-10-25T09:00:00+01:00"),
    ],
)
def test_enqueue_due_reminders_on_the_day_after_a_clock_change(
    ann: Patient,
    dora: Doctor,
    mail_server: MailServer,
    clock: Traveller,
    booked_at: str,
    day: dt.date,
    due_at: str,
) -> None:
    assert counts_before_and_when_due(ann, dora, clock, booked_at, day, due_at) == [0, 1]


@pytest.mark.parametrize(
    ("booked_at", "day", "due_at"),
    [
        ("2026-03-20T08:00:00+01:00", dt.date(2026, 3, 29), "2026-03-28T08:00:00+01:00"),
        ("2026-10-20T08:00:00+02:00", dt.date(2026, 10, 25), "2026-10-24T10:00:00+02:00"),
    ],
)
def test_enqueue_due_reminders_counts_elapsed_hours_on_a_clock_change(
    ann: Patient,
    dora: Doctor,
    mail_server: MailServer,
    clock: Traveller,
    booked_at: str,
    day: dt.date,
    due_at: str,
) -> None:
    set_working_hours(dora, [Interval(day.weekday(), dt.time(9), dt.time(17))])
    assert counts_before_and_when_due(ann, dora, clock, booked_at, day, due_at) == [0, 1]


def counts_before_and_when_due(
    ann: Patient, dora: Doctor, clock: Traveller, booked_at: str, day: dt.date, due_at: str
) -> list[int]:
    """Return the reminders enqueued one second before ``due_at``, and at ``due_at``."""
    clock.move_to(booked_at)
    book_as_patient(ann, dora, day)
    clock.move_to(due_at)
    clock.shift(-1)
    enqueued = [remind()]
    clock.shift(1)
    return [*enqueued, remind()]


def test_reminder_is_not_sent_for_appointment_booked_within_reminder_hours(
    ann: Patient, dora: Doctor, mail_server: MailServer, clock: Traveller
) -> None:
    clock.move_to("2026-03-02T09:00:00+01:00")  # 24 hours before, to the second
    book_as_patient(ann, dora, TUESDAY)
    clock.move_to("2026-03-02T20:00:00+01:00")
    assert (remind(), reminded(mail_server)) == (0, [])


def test_reminder_is_not_sent_for_appointment_moved_within_reminder_hours(
    appointment: Appointment, ann: Patient, mail_server: MailServer, clock: Traveller
) -> None:
    clock.move_to("2026-03-08T20:00:00+01:00")
    move(ann.user, appointment, MONDAY, dt.time(10))
    assert (remind(), reminded(mail_server)) == (0, [])


def test_confirming_within_reminder_hours_neither_cancels_nor_repeats_the_reminder(
    appointment: Appointment, mail_server: MailServer, clock: Traveller
) -> None:
    clock.move_to("2026-03-08T09:30:00+01:00")
    confirm(appointment.doctor.user, appointment)
    assert (remind(), remind(), reminded(mail_server)) == (1, 0, [NINE])


def test_appointment_moved_after_its_reminder_gets_a_second_one(
    appointment: Appointment, ann: Patient, mail_server: MailServer, clock: Traveller
) -> None:
    clock.move_to(DAY_BEFORE)
    remind()
    move(ann.user, appointment, dt.date(2026, 3, 11), dt.time(9))
    clock.move_to("2026-03-10T09:00:00+01:00")
    remind()
    assert reminded(mail_server) == [
        NINE,
        "Reminder of your appointment: Wednesday, 11 March 2026, 09:00",
    ]


@pytest.mark.parametrize("change", ["cancelled", "moved", "completed", "account closed"])
def test_waiting_reminder_is_cancelled_when_outdated(
    appointment: Appointment, ann: Patient, mail_server: MailServer, clock: Traveller, change: str
) -> None:
    confirm(appointment.doctor.user, appointment)
    clock.move_to(DAY_BEFORE)
    enqueue_due_reminders(clinic_clock.now())
    if change == "cancelled":
        cancel(ann.user, appointment)
    elif change == "moved":
        move(ann.user, appointment, MONDAY, dt.time(10))
    elif change == "completed":
        clock.move_to(AT_NINE)
        complete(appointment.doctor.user, appointment)
    else:
        ann.user.is_active = False
        ann.user.save()
    run_due_tasks()
    [reminder] = Notification.objects.filter(kind=Notification.Kind.REMINDER)
    assert (reminded(mail_server), reminder.sent_at) == ([], None)
    assert reminder.dropped_at == clinic_clock.now()


def test_reminder_is_not_sent_for_cancelled_appointment(
    appointment: Appointment, ann: Patient, clock: Traveller
) -> None:
    cancel(ann.user, appointment)
    clock.move_to(DAY_BEFORE)
    assert remind() == 0


def test_reminder_is_sent_late_after_a_mail_outage(
    appointment: Appointment, mail_server: MailServer, clock: Traveller
) -> None:
    mail_server.response = "451 Later"
    clock.move_to("2026-03-09T08:58:00+01:00")
    remind()
    mail_server.response = ACCEPTED
    clock.move_to("2026-03-09T08:59:00+01:00")
    remind()
    assert reminded(mail_server) == [NINE]


def test_reminder_is_cancelled_if_rejected_until_the_start(
    appointment: Appointment, mail_server: MailServer, clock: Traveller
) -> None:
    mail_server.response = "451 Later"
    clock.move_to("2026-03-09T08:59:30+01:00")
    remind()
    mail_server.response = ACCEPTED
    clock.move_to("2026-03-09T09:00:30+01:00")
    assert (remind(), reminded(mail_server)) == (0, [])


def test_reminder_is_not_sent_for_started_appointment(
    appointment: Appointment, clock: Traveller
) -> None:
    clock.move_to(AT_NINE)
    assert remind() == 0


def test_reminder_is_not_sent_for_appointment_reopened_within_reminder_hours(
    appointment: Appointment, ann: Patient, mail_server: MailServer, clock: Traveller
) -> None:
    """The email about reopening has just been sent."""
    cancel(ann.user, appointment)
    clock.move_to("2026-03-08T20:00:00+01:00")
    reopen(appointment.doctor.user, appointment)
    assert (remind(), reminded(mail_server)) == (0, [])


def test_reminder_is_sent_for_appointment_reopened_before_it_is_due(
    appointment: Appointment, ann: Patient, mail_server: MailServer, clock: Traveller
) -> None:
    cancel(ann.user, appointment)
    reopen(appointment.doctor.user, appointment)
    clock.move_to(DAY_BEFORE)
    assert (remind(), remind(), reminded(mail_server)) == (1, 0, [NINE])


def test_reminder_has_the_doctor_and_the_length_after_all_changes_and_is_sent_once(
    appointment: Appointment, emil: Doctor, sam: User, mail_server: MailServer, clock: Traveller
) -> None:
    reassign(sam, appointment, emil)
    amend(sam, appointment, duration_minutes=60, as_staff=True)
    run_due_tasks()
    mail_server.received.clear()
    clock.move_to(DAY_BEFORE)
    remind()
    amend(sam, appointment, duration_minutes=45, as_staff=True)
    assert (remind(), reminded(mail_server)) == (0, [NINE])
    reminder = mailbox(mail_server, ANN)[0]
    assert part(reminder, "text/plain").splitlines()[4:7] == [
        "  Monday, 9 March 2026, 09:00 to 10:00",
        "  Doctor: Emil Example",
        "  Duration: 60 minutes",
    ]
