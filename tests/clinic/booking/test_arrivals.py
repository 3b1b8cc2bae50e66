"""``record_arrival()`` and ``record_no_show()`` by role, status and time."""

import datetime as dt
from collections.abc import Callable

import pytest
from time_machine import Traveller

from clinic.models import Appointment, Doctor, Patient
from tests.support.booking import (
    TUESDAY,
    assert_ticks_are_those_of_live_appointments,
    book_as_doctor,
    book_as_patient,
    cancel,
    complete,
    history_of,
    move,
    outcome_of,
    record_arrival,
    record_no_show,
    stored_ticks,
)

Service = Callable[..., Appointment]
INVALID_TRANSITION = "__all__: invalid_transition"


@pytest.fixture
def appointment(ann: Patient, dora: Doctor) -> Appointment:
    """A confirmed appointment of Ann with Dora on Tuesday at 09:00."""
    book_as_patient(ann, dora, TUESDAY + dt.timedelta(days=7))
    return book_as_doctor(dora, ann)


@pytest.mark.parametrize(
    ("service", "moment", "answer"),
    [
        (record_arrival, "2026-03-02T23:59:00+01:00", INVALID_TRANSITION),
        (record_arrival, "2026-03-03T00:00:00+01:00", "confirmed"),
        (record_arrival, "2026-03-03T23:59:00+01:00", "confirmed"),
        (record_arrival, "2026-03-04T00:00:00+01:00", INVALID_TRANSITION),
        (record_no_show, "2026-03-03T08:59:59+01:00", INVALID_TRANSITION),
        (record_no_show, "2026-03-03T09:00:00+01:00", "no_show"),
        (record_no_show, "2026-04-03T09:00:00+02:00", "no_show"),
    ],
)
def test_arrival_is_recorded_on_the_day_and_no_show_once_started(
    appointment: Appointment, clock: Traveller, service: Service, moment: str, answer: str
) -> None:
    clock.move_to(moment)
    assert outcome_of(service, appointment.doctor.user, appointment) == answer


@pytest.mark.parametrize("service", [record_arrival, record_no_show])
def test_arrival_and_no_show_of_a_request_are_rejected(
    ann: Patient, dora: Doctor, clock: Traveller, service: Service
) -> None:
    request = book_as_patient(ann, dora)
    clock.move_to("2026-03-03T09:00:00+01:00")
    assert outcome_of(service, dora.user, request) == INVALID_TRANSITION


@pytest.mark.parametrize("service", [record_arrival, record_no_show])
@pytest.mark.parametrize("ended", [complete, record_no_show, cancel])
def test_arrival_and_no_show_of_a_closed_appointment_are_rejected(
    appointment: Appointment, clock: Traveller, service: Service, ended: Service
) -> None:
    clock.move_to("2026-03-03T09:00:00+01:00")
    ended(appointment.doctor.user, appointment)
    assert outcome_of(service, appointment.doctor.user, appointment) == INVALID_TRANSITION


@pytest.mark.parametrize("service", [record_arrival, record_no_show])
def test_arrival_and_no_show_are_recorded_by_doctor_and_staff_only(
    appointment: Appointment, ben: Patient, emil: Doctor, clock: Traveller, service: Service
) -> None:
    clock.move_to("2026-03-03T09:00:00+01:00")
    assert [
        outcome_of(service, actor, appointment)
        for actor in (appointment.patient.user, ben.user, emil.user)
    ] == ["role_required", "id: not_found", "id: not_found"]


def test_record_arrival_keeps_the_status_and_the_first_time(
    appointment: Appointment, dora: Doctor, clock: Traveller
) -> None:
    clock.move_to("2026-03-03T08:50:00+01:00")
    record_arrival(dora.user, appointment)
    clock.move_to("2026-03-03T08:55:00+01:00")
    again = record_arrival(dora.user, appointment)
    assert (again.status, again.arrived_at) == (
        "confirmed",
        dt.datetime.fromisoformat("2026-03-03T08:50:00+01:00"),
    )
    assert history_of(appointment) == [("confirmed", "2026-03-03 09:00", "Dora")] * 2


def test_arrival_is_kept_by_a_move_on_the_same_date_and_cleared_by_another_date(
    appointment: Appointment, dora: Doctor, clock: Traveller
) -> None:
    clock.move_to("2026-03-03T08:50:00+01:00")
    arrived_at = record_arrival(dora.user, appointment).arrived_at
    same_date = move(dora.user, appointment, TUESDAY, dt.time(11)).arrived_at
    other_date = move(dora.user, appointment, TUESDAY + dt.timedelta(days=1)).arrived_at
    assert (same_date, other_date) == (arrived_at, None)


def test_record_no_show_keeps_the_time_occupied(
    appointment: Appointment, dora: Doctor, clock: Traveller
) -> None:
    before = stored_ticks()
    clock.move_to("2026-03-03T09:20:00+01:00")
    record_no_show(dora.user, appointment)
    assert stored_ticks() == before
    assert_ticks_are_those_of_live_appointments()
    assert history_of(appointment)[-1] == ("no_show", "2026-03-03 09:00", "Dora")
