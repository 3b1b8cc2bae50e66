"""``reopen()``: a cancelled, completed or missed appointment is CONFIRMED again."""

from collections.abc import Callable

import pytest
from time_machine import Traveller

from clinic.booking.date_exceptions import add_closure
from clinic.models import Appointment, Doctor, Patient
from tests.support.booking import (
    NINE,
    TUESDAY,
    assert_ticks_are_those_of_live_appointments,
    book_as_patient,
    cancel,
    complete,
    confirm,
    history_of,
    outcome_of,
    record_arrival,
    record_no_show,
    reopen,
    stored_ticks,
)
from tests.support.fixtures.people import offer_type
from users.models import User

Service = Callable[..., Appointment]
AT_THE_START = "2026-03-03T09:00:00+01:00"
INVALID_TRANSITION = "__all__: invalid_transition"


@pytest.fixture
def appointment(ann: Patient, dora: Doctor) -> Appointment:
    """A confirmed appointment of Ann with Dora on Tuesday at 09:00, with buffers."""
    offer_type(dora, buffer_before_minutes=10, buffer_after_minutes=15, confirmation="automatic")
    return book_as_patient(ann, dora)


def test_reopen_takes_the_time_of_a_cancelled_appointment_again(
    appointment: Appointment, dora: Doctor
) -> None:
    before = stored_ticks()
    cancel(appointment.patient.user, appointment, "Feeling better")
    reopened = reopen(dora.user, appointment, "Wrong button")
    assert (reopened.status, reopened.cancellation_reason) == ("confirmed", "")
    assert [ticks[:2] for ticks in stored_ticks()] == [ticks[:2] for ticks in before]
    assert_ticks_are_those_of_live_appointments()
    assert list(appointment.history.values_list("status", "reason", "outside_availability")) == [
        ("confirmed", "", False),
        ("cancelled", "Feeling better", False),
        ("confirmed", "Wrong button", False),
    ]


def test_reopen_of_a_request_confirms_it(ann: Patient, dora: Doctor) -> None:
    request = book_as_patient(ann, dora)
    cancel(ann.user, request)
    reopened = reopen(dora.user, request)
    assert (reopened.status, reopened.pending_since) == ("confirmed", None)


@pytest.mark.parametrize("who", ["doctor", "staff"])
def test_reopen_requires_a_free_doctor(
    appointment: Appointment, ben: Patient, sam: User, who: str
) -> None:
    cancel(appointment.patient.user, appointment)
    # Begins in the buffer after the cancelled appointment.
    book_as_patient(ben, appointment.doctor, time=NINE.replace(minute=30))
    actor = sam if who == "staff" else appointment.doctor.user
    before = stored_ticks()
    answer = outcome_of(reopen, actor, appointment, as_staff=who == "staff")
    assert (answer, stored_ticks()) == ("SLOT_TAKEN", before)
    assert Appointment.objects.get(pk=appointment.pk).status == "cancelled"


def test_reopen_requires_a_free_patient(
    appointment: Appointment, dora: Doctor, emil: Doctor
) -> None:
    cancel(dora.user, appointment)
    book_as_patient(appointment.patient, emil)
    assert outcome_of(reopen, dora.user, appointment) == "PATIENT_BUSY"


def test_reopen_of_a_cancelled_appointment_requires_that_it_is_to_come(
    appointment: Appointment, dora: Doctor, clock: Traveller
) -> None:
    cancel(dora.user, appointment)
    clock.move_to(AT_THE_START)
    assert outcome_of(reopen, dora.user, appointment) == INVALID_TRANSITION


def test_reopen_does_not_count_the_limit_a_day(ann: Patient, ben: Patient, dora: Doctor) -> None:
    offer_type(dora, max_per_day=1)
    first = book_as_patient(ann, dora)
    cancel(ann.user, first)
    book_as_patient(ben, dora, time=NINE.replace(hour=11))
    assert outcome_of(reopen, dora.user, first) == "confirmed"


def test_reopen_on_a_closure_marks_the_history(
    appointment: Appointment, dora: Doctor, sam: User
) -> None:
    cancel(dora.user, appointment)
    add_closure(name="Strike", first_day=TUESDAY, last_day=TUESDAY, now=appointment.created_at)
    reopen(sam, appointment, as_staff=True)
    marks = appointment.history.values_list("outside_availability", flat=True)
    assert list(marks) == [False, False, True]


@pytest.mark.parametrize("ended", [complete, record_no_show])
def test_reopen_of_an_ended_appointment_changes_the_status_alone(
    appointment: Appointment, dora: Doctor, clock: Traveller, ended: Service
) -> None:
    clock.move_to(AT_THE_START)
    record_arrival(dora.user, appointment)
    arrived_at, ticks = Appointment.objects.get().arrived_at, stored_ticks()
    ended(dora.user, appointment)
    clock.move_to("2026-03-20T12:00:00+01:00")
    assert reopen(dora.user, appointment).status == "confirmed"
    assert (Appointment.objects.get().arrived_at, stored_ticks()) == (arrived_at, ticks)
    assert history_of(appointment)[-1] == ("confirmed", "2026-03-03 09:00", "Dora")


def test_reopen_by_patient_requires_another_role(appointment: Appointment) -> None:
    cancel(appointment.patient.user, appointment)
    assert outcome_of(reopen, appointment.patient.user, appointment) == "role_required"


def test_reopen_of_an_open_appointment_is_rejected(ann: Patient, dora: Doctor) -> None:
    request = book_as_patient(ann, dora)
    pending = outcome_of(reopen, dora.user, request)
    confirm(dora.user, request)
    assert [pending, outcome_of(reopen, dora.user, request)] == [INVALID_TRANSITION] * 2


@pytest.mark.parametrize(
    ("reason", "answer"),
    [
        ("", "reason: required"),
        (" \n", "reason: required"),
        ("\x00", "reason: invalid"),
        ("x" * 2001, "reason: max_length"),
    ],
)
def test_reopen_requires_a_reason_that_can_be_stored(
    appointment: Appointment, dora: Doctor, reason: str, answer: str
) -> None:
    cancel(dora.user, appointment)
    assert outcome_of(reopen, dora.user, appointment, reason) == answer


def test_reopen_of_a_cancelled_appointment_requires_a_bookable_doctor(
    appointment: Appointment, dora: Doctor, sam: User
) -> None:
    """Otherwise a doctor whose approval was withdrawn would read the patient's record again."""
    cancel(dora.user, appointment)
    dora.approved = False
    dora.save()
    assert [
        outcome_of(reopen, dora.user, appointment),
        outcome_of(reopen, sam, appointment, as_staff=True),
    ] == ["id: not_found", "confirmed"]


def test_reopen_reports_not_found_for_others_and_unknown_ids(
    appointment: Appointment, ben: Patient, emil: Doctor
) -> None:
    cancel(appointment.patient.user, appointment)
    made_up = Appointment(pk=appointment.pk + 1000)
    assert {
        outcome_of(reopen, actor, target)
        for actor, target in [
            (ben.user, appointment),
            (emil.user, appointment),
            (appointment.doctor.user, made_up),
        ]
    } == {"id: not_found"}
