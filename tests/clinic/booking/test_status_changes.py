"""confirm, complete and cancel by role, status and time."""

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

Service = Callable[..., Appointment]
BEFORE, AT_THE_START, AFTER = (
    "2026-03-03T08:59:59.999999+01:00",
    "2026-03-03T09:00:00+01:00",
    "2026-03-09T12:00:00+01:00",
)
INVALID_TRANSITION = "__all__: invalid_transition"


@pytest.fixture
def appointment(ann: Patient, dora: Doctor) -> Appointment:
    """A pending appointment of patient Ann with doctor Dora on Tuesday at 09:00."""
    return book_as_patient(ann, dora)


def store_status(appointment: Appointment, status: str) -> None:
    """Store the status directly, without the rules of the services."""
    appointment.status = status
    appointment.save()


@pytest.mark.parametrize(
    ("service", "status", "moment", "answer"),
    [
        (confirm, "pending", BEFORE, "confirmed"),
        (confirm, "pending", AFTER, "confirmed"),
        (confirm, "confirmed", BEFORE, INVALID_TRANSITION),
        (confirm, "completed", AFTER, INVALID_TRANSITION),
        (confirm, "cancelled", BEFORE, INVALID_TRANSITION),
        (complete, "confirmed", BEFORE, INVALID_TRANSITION),
        (complete, "confirmed", AT_THE_START, "completed"),
        (complete, "confirmed", AFTER, "completed"),
        (complete, "pending", AFTER, INVALID_TRANSITION),
        (complete, "completed", AFTER, INVALID_TRANSITION),
        (complete, "cancelled", AFTER, INVALID_TRANSITION),
        (cancel, "pending", BEFORE, "cancelled"),
        (cancel, "confirmed", BEFORE, "cancelled"),
        (cancel, "pending", AFTER, "cancelled"),
        (cancel, "confirmed", AFTER, "cancelled"),
        (cancel, "completed", AFTER, INVALID_TRANSITION),
        (cancel, "cancelled", BEFORE, INVALID_TRANSITION),
    ],
)
@pytest.mark.parametrize("who", ["doctor", "staff"])
def test_status_changes_by_doctor_and_staff(
    appointment: Appointment,
    sam: User,
    clock: Traveller,
    who: str,
    service: Service,
    status: str,
    moment: str,
    answer: str,
) -> None:
    store_status(appointment, status)
    clock.move_to(moment)
    actor = sam if who == "staff" else appointment.doctor.user
    assert outcome_of(service, actor, appointment, as_staff=who == "staff") == answer
    assert_ticks_are_those_of_live_appointments()


@pytest.mark.parametrize(
    ("service", "status", "moment", "answer"),
    [
        (cancel, "pending", BEFORE, "cancelled"),
        (cancel, "confirmed", BEFORE, "cancelled"),
        (cancel, "pending", AT_THE_START, INVALID_TRANSITION),
        (cancel, "confirmed", AFTER, INVALID_TRANSITION),
        (cancel, "completed", AFTER, INVALID_TRANSITION),
        (cancel, "cancelled", BEFORE, INVALID_TRANSITION),
        (confirm, "pending", BEFORE, "role_required"),
        (confirm, "cancelled", BEFORE, "role_required"),
        (complete, "confirmed", AFTER, "role_required"),
    ],
)
def test_status_changes_by_patient(
    appointment: Appointment,
    clock: Traveller,
    service: Service,
    status: str,
    moment: str,
    answer: str,
) -> None:
    store_status(appointment, status)
    clock.move_to(moment)
    assert outcome_of(service, appointment.patient.user, appointment) == answer
    assert_ticks_are_those_of_live_appointments()


@pytest.mark.parametrize("service", [confirm, complete, cancel])
def test_status_changes_report_not_found_for_others_and_unknown_ids(
    appointment: Appointment, ben: Patient, emil: Doctor, service: Service
) -> None:
    made_up = Appointment(pk=appointment.pk + 1000)
    assert {
        outcome_of(service, actor, target)
        for actor, target in [
            (ben.user, appointment),
            (emil.user, appointment),
            (appointment.patient.user, made_up),
            (appointment.doctor.user, made_up),
        ]
    } == {"id: not_found"}


def test_role_on_own_appointment_of_doctor_is_patient(
    appointment: Appointment,
) -> None:
    appointment.patient.user.is_doctor = True
    appointment.patient.user.save()
    assert outcome_of(confirm, appointment.patient.user, appointment) == "role_required"


def test_cancel_frees_time_and_stores_reason_and_history(
    appointment: Appointment, ben: Patient
) -> None:
    cancelled = cancel(appointment.patient.user, appointment, "Feeling better")
    assert (cancelled.cancellation_reason, stored_ticks()) == ("Feeling better", [])
    assert history_of(appointment) == [
        ("pending", "2026-03-03 09:00", "Ann"),
        ("cancelled", "2026-03-03 09:00", "Ann"),
    ]
    assert outcome_of(book_as_patient, ben, appointment.doctor) == "pending"


def test_cancel_rejects_invalid_reason(
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


def test_history_records_time_passed_to_service(appointment: Appointment, clock: Traveller) -> None:
    clock.move_to(AT_THE_START)
    confirm(appointment.doctor.user, appointment)
    assert [entry.changed_at for entry in appointment.history.all()] == [
        dt.datetime.fromisoformat("2026-03-02T08:00:00+01:00"),
        dt.datetime.fromisoformat(AT_THE_START),
    ]


def test_cancel_allows_same_slot_to_be_cancelled_repeatedly(ann: Patient, dora: Doctor) -> None:
    for _ in range(3):
        cancel(ann.user, book_as_patient(ann, dora))
    book_as_patient(ann, dora)
    assert sorted(Appointment.objects.values_list("status", "date")) == [
        ("cancelled", TUESDAY),
        ("cancelled", TUESDAY),
        ("cancelled", TUESDAY),
        ("pending", TUESDAY),
    ]
