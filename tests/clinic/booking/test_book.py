"""Bookings by patients, doctors and staff, and what is stored."""

import datetime as dt
from typing import Any

import pytest
from time_machine import Traveller

from clinic import clock as clinic_clock
from clinic.models import Appointment, Doctor, Patient
from tests.support.booking import (
    NINE,
    TEN,
    TUESDAY,
    assert_ticks_are_those_of_live_appointments,
    book_as_doctor,
    book_as_patient,
    book_as_staff,
    history_of,
    outcome_of,
    reassign,
    write,
)
from users.models import User

SUNDAY = dt.date(2026, 3, 8)
SPRING_FORWARD = dt.date(2026, 3, 29)
FALL_BACK = dt.date(2026, 10, 25)
NO_TYPE = {
    "appointment_type_id": None,
    "buffer_before_minutes": 0,
    "buffer_after_minutes": 0,
    "cancellation_notice_minutes": 0,
}


def stored(appointment: Appointment) -> dict[str, Any]:
    """Return the stored row without id, timestamps and request hash."""
    own = ("id", "created_at", "updated_at", "request_hash")
    row = Appointment.objects.filter(pk=appointment.pk).values().get()
    return {name: value for name, value in row.items() if name not in own}


def test_book_as_patient_creates_pending_appointment_of_slot_length(
    ann: Patient, dora: Doctor
) -> None:
    appointment = book_as_patient(ann, dora, reason_for_visit="A cough")
    assert stored(appointment) == {
        "doctor_id": dora.pk,
        "patient_id": ann.pk,
        "date": TUESDAY,
        "time": NINE,
        "duration_minutes": 30,
        **NO_TYPE,
        "reason_for_visit": "A cough",
        "status": "pending",
        "pending_since": clinic_clock.now(),
        "arrived_at": None,
        "cancellation_reason": "",
        "booked_by_id": ann.user_id,
        "booked_by_patient": True,
        "idempotency_key": None,
        "live": True,
    }
    assert history_of(appointment) == [("pending", "2026-03-03 09:00", "Ann")]
    assert_ticks_are_those_of_live_appointments()


def test_book_as_doctor_creates_confirmed_appointment_at_any_free_time(
    ann: Patient, dora: Doctor
) -> None:
    book_as_patient(ann, dora)
    appointment = book_as_doctor(dora, ann, SUNDAY, dt.time(22, 5), duration_minutes=95)
    assert stored(appointment) == {
        "doctor_id": dora.pk,
        "patient_id": ann.pk,
        "date": SUNDAY,
        "time": dt.time(22, 5),
        "duration_minutes": 95,
        **NO_TYPE,
        "reason_for_visit": "",
        "status": "confirmed",
        "pending_since": None,
        "arrived_at": None,
        "cancellation_reason": "",
        "booked_by_id": dora.user_id,
        "booked_by_patient": False,
        "idempotency_key": None,
        "live": True,
    }
    assert history_of(appointment) == [("confirmed", "2026-03-08 22:05", "Dora")]
    assert_ticks_are_those_of_live_appointments()


def test_book_as_doctor_without_duration_uses_slot_length(ann: Patient, dora: Doctor) -> None:
    book_as_patient(ann, dora)
    assert book_as_doctor(dora, ann, SUNDAY).duration_minutes == 30


def test_book_as_staff_creates_confirmed_appointment_for_anyone(
    ann: Patient, dora: Doctor, sam: User
) -> None:
    dora.approved = False
    dora.save()
    appointment = book_as_staff(sam, dora, ann, SUNDAY)
    assert (appointment.status, appointment.booked_by) == ("confirmed", sam)
    assert history_of(appointment) == [("confirmed", "2026-03-08 09:00", "Sam")]


@pytest.mark.parametrize("change", [{"is_active": False}, {"is_doctor": False}])
def test_staff_cannot_book_or_reassign_to_a_doctor_who_is_not_practising(
    ann: Patient, dora: Doctor, emil: Doctor, sam: User, change: dict[str, bool]
) -> None:
    appointment = book_as_staff(sam, dora, ann, SUNDAY)
    write(emil.user, **change)
    assert [
        outcome_of(book_as_staff, sam, emil, ann, TUESDAY),
        outcome_of(reassign, sam, appointment, emil),
    ] == ["doctor_id: not_found", "doctor_id: not_found"]


@pytest.mark.parametrize(
    ("date", "time", "answer"),
    [
        (TUESDAY, dt.time(9, 1), "time: off_grid"),
        (TUESDAY, dt.time(9, 0, 30), "time: off_grid"),
        (SPRING_FORWARD, dt.time(2), "time: nonexistent_time"),
        (FALL_BACK, dt.time(1, 45), "time: nonexistent_time"),
        (FALL_BACK, dt.time(2, 30), "time: nonexistent_time"),
        (FALL_BACK, dt.time(3), "OUTSIDE_AVAILABILITY"),
        (dt.date(2026, 3, 1), NINE, "date: in_the_past"),
        (dt.date(2026, 3, 2), dt.time(7, 30), "time: in_the_past"),
        (dt.date(2027, 3, 3), NINE, "date: beyond_horizon"),
        (dt.date.min, NINE, "date: in_the_past"),
        (dt.date.max, NINE, "date: beyond_horizon"),
        (SUNDAY, NINE, "OUTSIDE_AVAILABILITY"),
        (TUESDAY, dt.time(17), "OUTSIDE_AVAILABILITY"),
        (TUESDAY, dt.time(9, 15), "OUTSIDE_AVAILABILITY"),
    ],
)
def test_book_as_patient_rejects_time_outside_open_slots(
    ann: Patient, dora: Doctor, date: dt.date, time: dt.time, answer: str
) -> None:
    assert outcome_of(book_as_patient, ann, dora, date, time) == answer
    assert Appointment.objects.count() == 0


@pytest.mark.parametrize(
    ("date", "time", "minutes", "answer"),
    [
        (TUESDAY, TEN, 7, "duration_minutes: off_grid"),
        (TUESDAY, TEN, 0, "duration_minutes: invalid"),
        (TUESDAY, TEN, -5, "duration_minutes: invalid"),
        (TUESDAY, TEN, 485, "duration_minutes: invalid"),
        (TUESDAY, TEN, 1_000_000, "duration_minutes: invalid"),
        (TUESDAY, dt.time(23, 30), 35, "duration_minutes: invalid"),
        (SPRING_FORWARD, dt.time(1, 45), 30, "time: nonexistent_time"),
        (FALL_BACK, dt.time(1, 30), 35, "time: nonexistent_time"),
        (FALL_BACK, dt.time(1, 30), 120, "time: nonexistent_time"),
        (FALL_BACK, dt.time(2, 30), 60, "time: nonexistent_time"),
        (FALL_BACK, dt.time(1, 30), 30, "confirmed"),
        (FALL_BACK, dt.time(3), 60, "confirmed"),
        (dt.date(2026, 3, 1), TEN, 30, "date: in_the_past"),
        (dt.date(2036, 3, 3), TEN, 30, "confirmed"),
        (dt.date(9999, 12, 30), TEN, 30, "confirmed"),
        (dt.date.max, TEN, 30, "date: beyond_horizon"),
        (TUESDAY, dt.time(8, 55), 5, "confirmed"),
        (TUESDAY, dt.time(8, 55), 10, "SLOT_TAKEN"),
        (TUESDAY, dt.time(9, 25), 60, "SLOT_TAKEN"),
        (TUESDAY, dt.time(9, 30), 480, "confirmed"),
        (TUESDAY, dt.time(23, 30), 30, "confirmed"),
    ],
)
def test_book_as_doctor_checks_only_grid_past_and_busy_time(
    ann: Patient, dora: Doctor, date: dt.date, time: dt.time, minutes: int, answer: str
) -> None:
    book_as_patient(ann, dora)
    assert outcome_of(book_as_doctor, dora, ann, date, time, duration_minutes=minutes) == answer
    assert_ticks_are_those_of_live_appointments()


def test_book_as_patient_respects_lead_time_and_horizon_to_the_second(
    ann: Patient, dora: Doctor, settings: Any, clock: Traveller
) -> None:
    settings.LEAD_TIME_MINUTES, settings.HORIZON_DAYS = 60, 1
    clock.move_to("2026-03-02T08:00:00.000001+01:00")
    answers = [
        outcome_of(book_as_patient, ann, dora, date, time)
        for date, time in [
            (dt.date(2026, 3, 2), dt.time(9)),
            (dt.date(2026, 3, 2), dt.time(9, 30)),
            (dt.date(2026, 3, 3), dt.time(16, 30)),
            (dt.date(2026, 3, 4), dt.time(9)),
        ]
    ]
    assert answers == ["time: lead_time_too_short", "pending", "pending", "date: beyond_horizon"]


def test_book_accepts_slot_at_its_start_and_not_after(
    ann: Patient, ben: Patient, dora: Doctor, clock: Traveller
) -> None:
    clock.move_to("2026-03-03T09:00:00+01:00")
    at_the_start = outcome_of(book_as_patient, ann, dora)
    clock.move_to("2026-03-03T09:30:00.000001+01:00")
    assert (at_the_start, outcome_of(book_as_patient, ben, dora, time=dt.time(9, 30))) == (
        "pending",
        "time: in_the_past",
    )


def test_book_uses_date_of_clinic_zone(
    ann: Patient, dora: Doctor, clock: Traveller, settings: Any
) -> None:
    settings.HORIZON_DAYS = 0
    # 23:30 on Monday in UTC, the server's zone, is 00:30 on Tuesday in Berlin.
    clock.move_to("2026-03-02T23:30:00+00:00")
    assert [outcome_of(book_as_patient, ann, dora, dt.date(2026, 3, day)) for day in (2, 3, 4)] == [
        "date: in_the_past",
        "pending",
        "date: beyond_horizon",
    ]


def test_book_accepts_leap_day(ann: Patient, dora: Doctor, clock: Traveller) -> None:
    clock.move_to("2028-02-28T12:00:00+01:00")
    appointment = book_as_patient(ann, dora, dt.date(2028, 2, 29), dt.time(16, 30))
    assert appointment.ends_at.isoformat() == "2028-02-29T17:00:00+01:00"
