"""Confirm, complete, cancel: the role table, row by row."""

import datetime as dt
from collections.abc import Callable

import pytest
from time_machine import Traveller

from clinic.models import Appointment, Doctor, Patient
from tests.support.booking import (
    TUESDAY,
    assert_ticks_are_those_of_live_appointments,
    book_as_patient,
    cancel,
    complete,
    confirm,
    history_of,
    outcome_of,
    stored_ticks,
)
from users.models import User

Verb = Callable[..., Appointment]
BEFORE, AT_THE_START, AFTER = (
    "2026-03-03T08:59:59.999999+01:00",
    "2026-03-03T09:00:00+01:00",
    "2026-03-09T12:00:00+01:00",
)
NO = "__all__: invalid_transition"


@pytest.fixture
def appointment(ann: Patient, dora: Doctor) -> Appointment:
    return book_as_patient(ann, dora)


def bring_to(appointment: Appointment, status: str) -> None:
    """Set the status as the database would have it, whatever the time."""
    appointment.status = status
    appointment.save()


@pytest.mark.parametrize(
    ("verb", "status", "moment", "answer"),
    [
        (confirm, "pending", BEFORE, "confirmed"),
        (confirm, "pending", AFTER, "confirmed"),
        (confirm, "confirmed", BEFORE, NO),
        (confirm, "completed", AFTER, NO),
        (confirm, "cancelled", BEFORE, NO),
        (complete, "confirmed", BEFORE, NO),
        (complete, "confirmed", AT_THE_START, "completed"),
        (complete, "confirmed", AFTER, "completed"),
        (complete, "pending", AFTER, NO),
        (complete, "completed", AFTER, NO),
        (complete, "cancelled", AFTER, NO),
        (cancel, "pending", BEFORE, "cancelled"),
        (cancel, "confirmed", BEFORE, "cancelled"),
        (cancel, "pending", AFTER, "cancelled"),
        (cancel, "confirmed", AFTER, "cancelled"),
        (cancel, "completed", AFTER, NO),
        (cancel, "cancelled", BEFORE, NO),
    ],
)
@pytest.mark.parametrize("who", ["doctor", "staff"])
def test_a_doctor_and_staff_change_the_status(
    appointment: Appointment,
    sam: User,
    clock: Traveller,
    who: str,
    verb: Verb,
    status: str,
    moment: str,
    answer: str,
) -> None:
    bring_to(appointment, status)
    clock.move_to(moment)
    actor = sam if who == "staff" else appointment.doctor.user
    assert outcome_of(verb, actor, appointment, as_staff=who == "staff") == answer
    assert_ticks_are_those_of_live_appointments()


@pytest.mark.parametrize(
    ("verb", "status", "moment", "answer"),
    [
        (cancel, "pending", BEFORE, "cancelled"),
        (cancel, "confirmed", BEFORE, "cancelled"),
        (cancel, "pending", AT_THE_START, NO),
        (cancel, "confirmed", AFTER, NO),
        (cancel, "completed", AFTER, NO),
        (cancel, "cancelled", BEFORE, NO),
        (confirm, "pending", BEFORE, "role_required"),
        (confirm, "cancelled", BEFORE, "role_required"),
        (complete, "confirmed", AFTER, "role_required"),
    ],
)
def test_a_patient_cancels_before_the_start_and_no_more(
    appointment: Appointment, clock: Traveller, verb: Verb, status: str, moment: str, answer: str
) -> None:
    bring_to(appointment, status)
    clock.move_to(moment)
    assert outcome_of(verb, appointment.patient.user, appointment) == answer
    assert_ticks_are_those_of_live_appointments()


@pytest.mark.parametrize("verb", [confirm, complete, cancel])
def test_strangers_and_made_up_ids_are_answered_alike(
    appointment: Appointment, ben: Patient, emil: Doctor, verb: Verb
) -> None:
    made_up = Appointment(pk=appointment.pk + 1000)
    assert {
        outcome_of(verb, actor, target)
        for actor, target in [
            (ben.user, appointment),
            (emil.user, appointment),
            (appointment.patient.user, made_up),
            (appointment.doctor.user, made_up),
        ]
    } == {"id: not_found"}


def test_who_is_a_doctor_and_this_appointments_patient_stands_on_the_patients_side(
    appointment: Appointment,
) -> None:
    appointment.patient.user.is_doctor = True
    appointment.patient.user.save()
    assert outcome_of(confirm, appointment.patient.user, appointment) == "role_required"


def test_cancelling_frees_the_time_and_keeps_the_reason_and_the_history(
    appointment: Appointment, ben: Patient
) -> None:
    cancelled = cancel(appointment.patient.user, appointment, "Feeling better")
    assert (cancelled.cancellation_reason, stored_ticks()) == ("Feeling better", [])
    assert history_of(appointment) == [
        ("pending", "2026-03-03 09:00", "Ann"),
        ("cancelled", "2026-03-03 09:00", "Ann"),
    ]
    assert outcome_of(book_as_patient, ben, appointment.doctor) == "pending"


def test_a_reason_too_long_or_with_a_nul_is_refused_and_nothing_is_cancelled(
    appointment: Appointment,
) -> None:
    answers = [
        outcome_of(cancel, appointment.patient.user, appointment, text)
        for text in ("x" * 2001, "\x00")
    ]
    assert (answers, Appointment.objects.get().status) == (
        ["cancellation_reason: max_length", "cancellation_reason: invalid"],
        "pending",
    )


def test_history_notes_the_moment_each_verb_was_told(
    appointment: Appointment, clock: Traveller
) -> None:
    clock.move_to(AT_THE_START)
    confirm(appointment.doctor.user, appointment)
    assert [line.changed_at for line in appointment.history.all()] == [
        dt.datetime.fromisoformat("2026-03-02T08:00:00+01:00"),
        dt.datetime.fromisoformat(AT_THE_START),
    ]


def test_a_cancelled_start_can_be_cancelled_over_and_over(ann: Patient, dora: Doctor) -> None:
    for _ in range(3):
        cancel(ann.user, book_as_patient(ann, dora))
    book_as_patient(ann, dora)
    assert sorted(Appointment.objects.values_list("status", "date")) == [
        ("cancelled", TUESDAY),
        ("cancelled", TUESDAY),
        ("cancelled", TUESDAY),
        ("pending", TUESDAY),
    ]
