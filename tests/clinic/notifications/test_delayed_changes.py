"""What emails say about changes, also if they are sent late or in a digest.

A late email reports the appointment as it was after the change that it reports.
"""

import datetime as dt

import pytest
from django.core.management import call_command
from pytest_django import Settings
from time_machine import Traveller

from clinic.models import Appointment, Doctor, Notification, Patient
from tests.support.booking import (
    amend,
    book_as_patient,
    cancel,
    confirm,
    move,
    reassign,
    reopen,
)
from tests.support.emails import calendar_of, mailbox, part
from tests.support.fixtures.people import offer_type
from tests.support.fixtures.smtp_server import ACCEPTED, MailServer
from tests.support.task_worker import run_due_tasks, run_due_tasks_in_order
from users.models import User

pytestmark = pytest.mark.django_db

ANN, DORA, EMIL = "ann@example.org", "dora@example.org", "emil@example.org"


@pytest.fixture
def appointment(ann: Patient, dora: Doctor, mail_server: MailServer) -> Appointment:
    """Ann's appointment with Dora on Tuesday at 09:00, whose emails wait after an outage."""
    mail_server.response = "451 Later"
    booked = book_as_patient(ann, dora)
    run_due_tasks()
    mail_server.response = ACCEPTED
    return booked


def send_waiting(clock: Traveller) -> None:
    """Send what waits since the outage, then what was enqueued after it."""
    clock.shift(60)
    run_due_tasks_in_order(clock)


def texts(server: MailServer, address: str) -> list[tuple[str, list[str], int, str]]:
    """Return the introduction, details, sequence and method of each email to the address."""
    found = []
    for message in mailbox(server, address):
        introduction, _blank, *details = part(message, "text/plain").splitlines()[2:]
        calendar = calendar_of(message)
        [event] = calendar.events
        length = event.end - event.start
        details = [line.strip() for line in details[: details.index("")]]
        assert details[-1] == f"Duration: {length // dt.timedelta(minutes=1)} minutes"
        found.append((introduction, details, event.sequence, str(calendar["METHOD"])))
    return found


PENDING = " It is not confirmed yet. We will email you once it is."
TO_CONFIRM = " Please confirm, reschedule or cancel it."


def test_booking_email_sent_after_an_amendment_has_the_length_of_the_booking(
    appointment: Appointment, dora: Doctor, mail_server: MailServer, clock: Traveller
) -> None:
    clock.shift(60)
    amend(dora.user, appointment, duration_minutes=60)
    send_waiting(clock)
    assert texts(mail_server, ANN) == [
        (
            f"We have booked your appointment.{PENDING}",
            [
                "Tuesday, 3 March 2026, 09:00 to 09:30",
                "Doctor: Dora Example",
                "Duration: 30 minutes",
            ],
            0,
            "REQUEST",
        ),
        (
            f"The length of your appointment has changed.{PENDING}",
            [
                "Tuesday, 3 March 2026, 09:00 to 10:00",
                "Doctor: Dora Example",
                "Duration: 60 minutes",
            ],
            1,
            "REQUEST",
        ),
    ]


def test_booking_email_sent_after_a_reassignment_names_the_doctor_of_the_booking(
    appointment: Appointment, emil: Doctor, sam: User, mail_server: MailServer, clock: Traveller
) -> None:
    clock.shift(60)
    amend(sam, appointment, duration_minutes=45, as_staff=True)
    clock.shift(1)
    reassign(sam, appointment, emil, time=dt.time(11))
    clock.shift(1)
    amend(sam, appointment, duration_minutes=15, as_staff=True)
    send_waiting(clock)
    nine, eleven = "Tuesday, 3 March 2026, 09:00", "Tuesday, 3 March 2026, 11:00"
    to_dora, to_emil = (
        [
            (introduction, details[0], details[-1], sequence, method)
            for introduction, details, sequence, method in texts(mail_server, address)
        ]
        for address in (DORA, EMIL)
    )
    booked = f"An appointment with you has been booked.{TO_CONFIRM}"
    amended = f"The length of the appointment has changed.{TO_CONFIRM}"
    assert to_dora == [
        (booked, f"{nine} to 09:30", "Duration: 30 minutes", 0, "REQUEST"),
        (amended, f"{nine} to 09:45", "Duration: 45 minutes", 1, "REQUEST"),
        (
            "Another doctor has taken over the appointment. The time is available again.",
            f"{nine} to 09:45 (cancelled)",
            "Duration: 45 minutes",
            2,
            "CANCEL",
        ),
    ]
    assert to_emil == [
        (booked, f"{eleven} to 11:45", "Duration: 45 minutes", 2, "REQUEST"),
        (amended, f"{eleven} to 11:15", "Duration: 15 minutes", 3, "REQUEST"),
    ]
    assert [details[:-1] for _, details, *_ in texts(mail_server, ANN)] == [
        [f"{nine} to 09:30", "Doctor: Dora Example"],
        [f"{nine} to 09:45", "Doctor: Dora Example"],
        [f"{eleven} to 11:45", f"Previous time: {nine}", "Doctor: Emil Example"],
        [f"{eleven} to 11:15", "Doctor: Emil Example"],
    ]
    summaries = [calendar_of(m).events[0]["SUMMARY"] for m in mailbox(mail_server, ANN)]
    assert [str(summary) for summary in summaries] == [
        *["Not confirmed: Appointment with Dora Example"] * 2,
        *["Not confirmed: Appointment with Emil Example"] * 2,
    ]


def test_cancellation_limit_is_left_out_once_it_has_passed_or_the_time_is_another(
    ann: Patient, dora: Doctor, mail_server: MailServer, clock: Traveller
) -> None:
    offer_type(dora, cancellation_notice_minutes=120)
    booked = book_as_patient(ann, dora)
    run_due_tasks()
    clock.move_to("2026-03-03T06:59:59+01:00")
    confirm(dora.user, booked)
    run_due_tasks()
    other = book_as_patient(ann, dora, dt.date(2026, 3, 4))
    clock.shift(dt.timedelta(milliseconds=10))
    move(dora.user, other, dt.date(2026, 3, 5), dt.time(9))
    run_due_tasks_in_order(clock)
    clock.move_to("2026-03-03T07:00:00+01:00")
    amend(dora.user, booked, duration_minutes=45)
    run_due_tasks()
    limits = [
        [
            line.partition(" until ")[2]
            for line in part(message, "text/plain").splitlines()
            if line.startswith("You can cancel")
        ]
        for message in mailbox(mail_server, ANN)
    ]
    after = "After that, please call us."
    assert sorted(limits) == [
        [],
        [],
        [f"Thursday, 5 March 2026, 07:00. {after}"],
        [f"Tuesday, 3 March 2026, 07:00. {after}"],
        [f"Tuesday, 3 March 2026, 07:00. {after}"],
    ]


def test_cancellation_email_sent_after_reopening_has_no_cancellation_limit(
    ann: Patient, dora: Doctor, mail_server: MailServer, clock: Traveller
) -> None:
    offer_type(dora, cancellation_notice_minutes=120, confirmation="automatic")
    booked = book_as_patient(ann, dora)
    run_due_tasks()
    mail_server.response = "451 Later"
    cancel(ann.user, booked)
    run_due_tasks()
    mail_server.response = ACCEPTED
    clock.shift(60)
    reopen(dora.user, booked)
    send_waiting(clock)
    limits = [
        (message["Subject"].partition(":")[0], "You can cancel" in part(message, "text/plain"))
        for message in mailbox(mail_server, ANN)
    ]
    assert limits == [
        ("Appointment booked", True),
        ("Appointment cancelled", False),
        ("Appointment takes place after all", True),
    ]


def test_cancellation_limit_in_the_second_occurrence_of_an_hour_names_the_zone(
    ann: Patient, dora: Doctor, mail_server: MailServer, clock: Traveller
) -> None:
    """Seven hours before 09:00 on 25 October 2026 it is 02:00 for the second time."""
    clock.move_to("2026-10-20T08:00:00+02:00")
    offer_type(dora, cancellation_notice_minutes=7 * 60, confirmation="automatic")
    booked = book_as_patient(ann, dora, dt.date(2026, 10, 23))
    clock.shift(1)
    move(dora.user, booked, dt.date(2026, 10, 25), dt.time(9))
    run_due_tasks_in_order(clock)
    [text] = [
        part(message, "text/plain")
        for message in mailbox(mail_server, ANN)
        if message["Subject"].startswith("Appointment moved")
    ]
    assert "until Sunday, 25 October 2026, 02:00 CET. After that" in text


def test_automatically_confirmed_booking_says_so_and_the_doctor_gets_the_buffers(
    ann: Patient, dora: Doctor, mail_server: MailServer
) -> None:
    offer_type(dora, confirmation="automatic", buffer_before_minutes=10, buffer_after_minutes=5)
    book_as_patient(ann, dora)
    run_due_tasks()
    to_ann, to_dora = (
        part(message, "text/plain").splitlines()
        for address in (ANN, DORA)
        for message in mailbox(mail_server, address)
    )
    assert to_ann[2] == "Your appointment is booked and confirmed."
    assert [line for line in to_ann if "Buffers" in line] == []
    assert to_dora[2] == "An appointment with you has been booked."
    assert to_dora[4:8] == [
        "  Tuesday, 3 March 2026, 09:00 to 09:30",
        "  Patient: Ann Example",
        "  Duration: 30 minutes",
        "  Buffers: 10 minutes before, 5 minutes after",
    ]


def test_digest_lists_a_reassigned_appointment_as_cancelled_for_the_former_doctor(
    ann: Patient,
    dora: Doctor,
    emil: Doctor,
    sam: User,
    mail_server: MailServer,
    clock: Traveller,
    settings: Settings,
) -> None:
    first = book_as_patient(ann, dora)
    second = book_as_patient(ann, dora, time=dt.time(10))
    run_due_tasks()
    settings.MAX_EMAILS_PER_DAY = 1
    reassign(sam, first, emil, time=dt.time(15))
    confirm(sam, second, as_staff=True)
    run_due_tasks()
    held = Notification.objects.waiting().filter(held_at__isnull=False)
    assert held.filter(recipient=dora.user).count() == 2
    clock.move_to("2026-03-03T00:30:00+01:00")
    call_command("send_reminders", verbosity=0)
    run_due_tasks()
    digests = {
        address: [
            line.strip()
            for message in mailbox(mail_server, address)
            if message["Subject"] == "Changes to your appointments"
            for line in part(message, "text/plain").splitlines()
            if line.startswith("  ")
        ]
        for address in (DORA, ANN)
    }
    assert digests == {
        DORA: [
            "Tuesday, 3 March 2026, 09:00 (Cancelled)",
            "Tuesday, 3 March 2026, 10:00 (Confirmed)",
        ],
        ANN: [
            "Tuesday, 3 March 2026, 10:00 (Confirmed)",
            "Tuesday, 3 March 2026, 15:00 (Pending)",
        ],
    }
