"""Which emails a change of an appointment causes, and what they say."""

import datetime as dt
from email.message import EmailMessage

import pytest
from pytest_django import Settings
from time_machine import Traveller

from clinic.models import Appointment, Doctor, Notification, Patient
from tests.support.booking import (
    amend,
    book_as_patient,
    cancel,
    complete,
    confirm,
    reassign,
    record_arrival,
    record_no_show,
    reopen,
)
from tests.support.emails import calendar_of, mailbox, part
from tests.support.fixtures.people import offer_type
from tests.support.fixtures.smtp_server import MailServer
from tests.support.task_worker import run_due_tasks, run_due_tasks_in_order
from tests.support.words import has_word
from users.models import User

pytestmark = pytest.mark.django_db

ANN, DORA, EMIL = "ann@example.org", "dora@example.org", "emil@example.org"
AFTER_THAT = "After that, please call us."
DURING = "2026-03-03T09:00:00+01:00"


@pytest.fixture
def appointment(ann: Patient, dora: Doctor) -> Appointment:
    """Ann's confirmed appointment with Dora, on Tuesday at 09:00, with its emails sent."""
    appointment = book_as_patient(ann, dora)
    # Emails of one moment are sent in any order, and one about an earlier change is then outdated.
    run_due_tasks()
    appointment = confirm(dora.user, appointment)
    run_due_tasks()
    return appointment


def sent_since(appointment: Appointment, count: int) -> list[tuple[str, str, str]]:
    """Return recipient, kind and status of the notifications after the first ``count`` ones."""
    run_due_tasks()
    rows = Notification.objects.filter(appointment=appointment, sent_at__isnull=False)
    return list(rows.order_by("pk").values_list("recipient__email", "kind", "status")[count:])


def sequence_of(message: EmailMessage) -> int:
    """Return the sequence number of the calendar event in an email."""
    return int(str(calendar_of(message).events[0]["SEQUENCE"]))


def test_amended_length_is_emailed_to_both(
    appointment: Appointment, mail_server: MailServer
) -> None:
    amend(appointment.doctor.user, appointment, duration_minutes=60)
    assert sent_since(appointment, 4) == [
        (DORA, "amended", "confirmed"),
        (ANN, "amended", "confirmed"),
    ]
    message = mailbox(mail_server, ANN)[-1]
    assert message["Subject"] == "Appointment changed: Tuesday, 3 March 2026, 09:00"
    assert part(message, "text/plain").splitlines()[2:7] == [
        "The length of your appointment has changed.",
        "",
        "  Tuesday, 3 March 2026, 09:00 to 10:00",
        "  Doctor: Dora Example",
        "  Duration: 60 minutes",
    ]
    event = calendar_of(message).events[0]
    assert (sequence_of(message), event.end - event.start) == (2, dt.timedelta(hours=1))


def test_another_type_of_equal_length_is_emailed_to_both(
    ann: Patient, dora: Doctor, mail_server: MailServer
) -> None:
    offer_type(dora, "Check-up", confirmation="automatic", description="Bring your card.")
    other = offer_type(
        dora, "HIV test", description="Do not eat before.", cancellation_notice_minutes=60
    )
    appointment = book_as_patient(ann, dora)
    run_due_tasks()
    amend(dora.user, appointment, appointment_type_id=other.pk)
    assert sent_since(appointment, 2) == [
        (DORA, "amended", "confirmed"),
        (ANN, "amended", "confirmed"),
    ]
    to_dora, to_ann = (mailbox(mail_server, each)[-1] for each in (DORA, ANN))
    assert part(to_ann, "text/plain").splitlines()[2:11] == [
        "The kind of your appointment has changed. See it online.",
        "",
        "  Tuesday, 3 March 2026, 09:00 to 09:30",
        "  Doctor: Dora Example",
        "  Duration: 30 minutes",
        "",
        "Do not eat before.",
        "",
        f"You can cancel or reschedule until Tuesday, 3 March 2026, 08:00. {AFTER_THAT}",
    ]
    assert part(to_dora, "text/plain").splitlines()[2] == (
        "The kind of the appointment has changed. See it online."
    )
    assert [
        name in each.as_string() for each in (to_dora, to_ann) for name in ("HIV", "Check")
    ] == [False] * 4
    names = appointment.history.values_list("appointment_type__name", flat=True)
    assert list(names) == ["Check-up", "HIV test"]


def test_late_email_has_the_description_of_the_type_that_it_reports(
    ann: Patient, dora: Doctor, mail_server: MailServer, clock: Traveller
) -> None:
    offer_type(dora, confirmation="automatic", description="Bring your card.")
    other = offer_type(dora, "Other", description="Do not eat before.")
    appointment = book_as_patient(ann, dora)
    clock.shift(dt.timedelta(milliseconds=1))
    amend(dora.user, appointment, appointment_type_id=other.pk)
    run_due_tasks_in_order(clock)
    texts = [part(message, "text/plain") for message in mailbox(mail_server, ANN)]
    assert sorted(
        [text in each for text in ("Bring your card.", "Do not eat before.")] for each in texts
    ) == [[False, True], [True, False]]


def test_amended_reason_arrival_and_outcomes_are_not_emailed(
    appointment: Appointment, clock: Traveller
) -> None:
    doctor = appointment.doctor.user
    amend(doctor, appointment, reason_for_visit="A cough")
    clock.move_to(DURING)
    record_arrival(doctor, appointment)
    complete(doctor, appointment)
    reopen(doctor, appointment)
    record_no_show(doctor, appointment)
    assert sent_since(appointment, 4) == []


def test_reassignment_cancels_for_former_doctor_and_books_for_new_one(
    appointment: Appointment, emil: Doctor, sam: User, mail_server: MailServer
) -> None:
    reassign(sam, appointment, emil, time=dt.time(10))
    assert sent_since(appointment, 4) == [
        (DORA, "cancelled", "cancelled"),
        (EMIL, "booked", "confirmed"),
        (ANN, "reassigned", "confirmed"),
    ]
    to_dora, to_emil, to_ann = (mailbox(mail_server, each)[-1] for each in (DORA, EMIL, ANN))
    assert [(message["Subject"], calendar_of(message)["METHOD"]) for message in (
        to_dora, to_emil, to_ann
    )] == [
        ("Appointment cancelled: Tuesday, 3 March 2026, 09:00", "CANCEL"),
        ("Appointment booked: Tuesday, 3 March 2026, 10:00", "REQUEST"),
        ("Appointment with another doctor: Tuesday, 3 March 2026, 10:00", "REQUEST"),
    ]  # fmt: skip
    events = [calendar_of(message).events[0] for message in (to_dora, to_emil, to_ann)]
    assert len({event["UID"] for event in events}) == 1
    assert [sequence_of(message) for message in (to_dora, to_emil, to_ann)] == [2, 2, 2]
    assert "Doctor: Emil Example" in part(to_ann, "text/plain")


@pytest.mark.parametrize("change", ["amended", "reassigned"])
def test_first_change_of_an_appointment_of_an_earlier_release_is_emailed(
    appointment: Appointment, emil: Doctor, sam: User, change: str
) -> None:
    """Its history has neither the doctor nor the length."""
    appointment.history.update(doctor=None, duration_minutes=None, appointment_type=None)
    if change == "amended":
        amend(sam, appointment, duration_minutes=60, as_staff=True)
        emails = [(DORA, "amended", "confirmed"), (ANN, "amended", "confirmed")]
    else:
        reassign(sam, appointment, emil)
        emails = [
            (DORA, "cancelled", "cancelled"),
            (EMIL, "booked", "confirmed"),
            (ANN, "reassigned", "confirmed"),
        ]
    assert sent_since(appointment, 4) == emails


def test_reopened_appointment_is_in_calendars_again(
    appointment: Appointment, mail_server: MailServer
) -> None:
    cancel(appointment.patient.user, appointment)
    run_due_tasks()
    reopen(appointment.doctor.user, appointment)
    assert sent_since(appointment, 4) == [
        (DORA, "cancelled", "cancelled"),
        (ANN, "cancelled", "cancelled"),
        (DORA, "reopened", "confirmed"),
        (ANN, "reopened", "confirmed"),
    ]
    messages = mailbox(mail_server, ANN)[-2:]
    assert [str(calendar_of(message)["METHOD"]) for message in messages] == ["CANCEL", "REQUEST"]
    assert [sequence_of(message) for message in messages] == [2, 3]


def test_confirmation_has_instructions_and_limit_but_not_the_name_of_the_type(
    ann: Patient, dora: Doctor, mail_server: MailServer
) -> None:
    offer_type(
        dora,
        "HIV test",
        description="Bring <your> card.\nDo not eat before.",
        cancellation_notice_minutes=24 * 60,
        confirmation="automatic",
        buffer_after_minutes=15,
    )
    book_as_patient(ann, dora, dt.date(2026, 3, 5))
    run_due_tasks()
    [message] = mailbox(mail_server, ANN)
    assert part(message, "text/plain").splitlines()[2:12] == [
        "Your appointment is booked and confirmed.",
        "",
        "  Thursday, 5 March 2026, 09:00 to 09:30",
        "  Doctor: Dora Example",
        "  Duration: 30 minutes",
        "",
        "Bring <your> card.",
        "Do not eat before.",
        "",
        f"You can cancel or reschedule until Wednesday, 4 March 2026, 09:00. {AFTER_THAT}",
    ]
    assert "Bring &lt;your&gt; card.<br>Do not eat before." in part(message, "text/html")
    [to_doctor] = mailbox(mail_server, DORA)
    for each in (message, to_doctor):
        assert not has_word(each.as_string(), "HIV")
    assert "card" not in part(to_doctor, "text/plain")
    event = calendar_of(message).events[0]
    assert event.end - event.start == dt.timedelta(minutes=30)


def test_email_with_the_limit_for_cancelling_has_the_telephone_number(
    ann: Patient, dora: Doctor, mail_server: MailServer, settings: Settings
) -> None:
    settings.CLINIC_PHONE = "+49 30 123456"
    offer_type(dora, cancellation_notice_minutes=60)
    book_as_patient(ann, dora)
    run_due_tasks()
    [message] = mailbox(mail_server, ANN)
    expected = "After that, please call us at +49 30 123456."
    assert [expected in part(message, kind) for kind in ("text/plain", "text/html")] == [True] * 2


def test_request_has_no_instructions_before_it_is_confirmed(
    ann: Patient, dora: Doctor, mail_server: MailServer
) -> None:
    offer_type(dora, description="Bring your card.")
    appointment = book_as_patient(ann, dora)
    run_due_tasks()
    confirm(dora.user, appointment)
    run_due_tasks()
    texts = [part(message, "text/plain") for message in mailbox(mail_server, ANN)]
    assert ["Bring your card." in text for text in texts] == [False, True]
