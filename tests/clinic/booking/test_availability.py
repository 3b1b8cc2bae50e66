"""Open slots: ``open_slots()`` and their criteria."""

import datetime as dt
from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries
from time_machine import Traveller

from clinic import clock as clinic_clock
from clinic.booking.availability import open_slots
from clinic.booking.criteria import (
    SlotCriteria,
    criteria_for_booking,
    criteria_for_rescheduling,
    patient_window,
)
from clinic.booking.schedules import Interval, set_working_hours
from clinic.models import Doctor, Patient
from clinic.rules import BookingWindow
from clinic.slots import Slot
from tests.support.booking import (
    NINE,
    TUESDAY,
    add_time_off,
    book_as_doctor,
    book_as_patient,
    cancel,
)
from tests.support.fixtures.people import become_patient, make_doctor

MONDAY = dt.date(2026, 3, 2)
MORNING = [Interval(day, NINE, dt.time(11)) for day in range(7)]


def offered(
    doctor: Doctor, criteria: SlotCriteria, start: dt.date = TUESDAY, days: int = 1
) -> list[str]:
    slots = open_slots([doctor], criteria, start, days).get(doctor.pk, [])
    return [f"{slot.date:%d} {slot.time:%H:%M}" for slot in slots]


@pytest.fixture
def mornings(dora: Doctor) -> Doctor:
    """Doctor Dora, working from 09:00 to 11:00 on every day."""
    return set_working_hours(dora, MORNING)


def test_open_slots_of_new_doctor_are_monday_to_friday_nine_to_five(
    dora: Doctor, anyone: SlotCriteria
) -> None:
    slots = open_slots([dora], anyone, TUESDAY, 7)[dora.pk]
    # Tuesday to Friday and the next Monday; no Saturday and no Sunday.
    expected_days = [3, 4, 5, 6, 9]
    assert slots == [
        Slot(dt.date(2026, 3, day), dt.time(hour, minute), 30)
        for day in expected_days
        for hour in range(9, 17)
        for minute in (0, 30)
    ]


def test_open_slots_step_from_interval_start_without_remainder(
    dora: Doctor, anyone: SlotCriteria
) -> None:
    day = TUESDAY.weekday()
    set_working_hours(
        dora,
        [
            Interval(day, dt.time(9, 5), dt.time(10)),
            Interval(day, dt.time(22, 45), dt.time(0)),
        ],
    )
    dora.slot_minutes = 25
    dora.save()
    assert offered(dora, anyone) == ["03 09:05", "03 09:30", "03 22:45", "03 23:10", "03 23:35"]


def test_open_slots_keep_their_grid_after_bookings(
    mornings: Doctor, ann: Patient, anyone: SlotCriteria
) -> None:
    book_as_patient(ann, mornings)
    book_as_doctor(mornings, ann, TUESDAY, dt.time(9, 40), duration_minutes=5)
    assert offered(mornings, anyone) == ["03 10:00", "03 10:30"]


def test_open_slots_include_slot_of_cancelled_appointment(
    mornings: Doctor, ann: Patient, anyone: SlotCriteria
) -> None:
    before = offered(mornings, anyone)
    appointment = book_as_patient(ann, mornings)
    while_booked = offered(mornings, anyone)
    cancel(ann.user, appointment)
    assert (while_booked, offered(mornings, anyone)) == (before[1:], before)


def test_open_slots_leave_out_doctor_without_working_hours(
    dora: Doctor, anyone: SlotCriteria
) -> None:
    set_working_hours(dora, [])
    assert open_slots([dora], anyone, TUESDAY, 14) == {}


@pytest.mark.parametrize(
    ("starts_at", "ends_at", "left"),
    [
        ("2026-03-03T09:30:00+01:00", "2026-03-03T10:30:00+01:00", ["03 09:00", "03 10:30"]),
        ("2026-03-03T09:59:59+01:00", "2026-03-03T10:00:01+01:00", ["03 09:00", "03 10:30"]),
        (
            "2026-03-02T12:00:00+01:00",
            "2026-03-03T09:30:00+01:00",
            ["03 09:30", "03 10:00", "03 10:30"],
        ),
        (
            "2026-03-03T10:30:00+01:00",
            "2026-03-20T00:00:00+01:00",
            ["03 09:00", "03 09:30", "03 10:00"],
        ),
        ("2026-01-01T00:00:00+01:00", "2027-01-01T00:00:00+01:00", []),
        (
            "2026-03-03T11:00:00+01:00",
            "2026-03-04T09:00:00+01:00",
            ["03 09:00", "03 09:30", "03 10:00", "03 10:30"],
        ),
    ],
)
def test_open_slots_exclude_slots_that_overlap_time_off(
    mornings: Doctor, anyone: SlotCriteria, starts_at: str, ends_at: str, left: list[str]
) -> None:
    start, end = map(dt.datetime.fromisoformat, (starts_at, ends_at))
    add_time_off(mornings, starts_at=start, ends_at=end)
    assert offered(mornings, anyone) == left


def test_open_slots_exclude_own_appointments_of_patient(
    mornings: Doctor, emil: Doctor, ann: Patient, ben: Patient
) -> None:
    book_as_patient(ann, emil, time=dt.time(9, 30))
    now = clinic_clock.now()
    assert [
        offered(mornings, criteria_for_booking(patient.user, now)) for patient in (ann, ben)
    ] == [
        ["03 09:00", "03 10:00", "03 10:30"],
        ["03 09:00", "03 09:30", "03 10:00", "03 10:30"],
    ]


def test_criteria_for_rescheduling_frees_own_time_and_sets_duration(
    mornings: Doctor, ann: Patient, ben: Patient
) -> None:
    book_as_patient(ann, mornings)
    appointment = book_as_doctor(mornings, ann, TUESDAY, dt.time(9, 30), duration_minutes=45)
    assert offered(mornings, criteria_for_rescheduling(appointment, clinic_clock.now())) == [
        "03 09:30",
        "03 10:00",
    ]


def test_open_slots_are_empty_in_the_past_and_beyond_horizon(
    mornings: Doctor, settings: Any, clock: Traveller
) -> None:
    settings.HORIZON_DAYS = 1
    clock.move_to("2026-03-02T10:00:00+01:00")
    criteria = SlotCriteria(patient_window(clinic_clock.now()))
    assert offered(mornings, criteria, dt.date(2026, 2, 27), 14) == [
        "02 10:00",
        "02 10:30",
        "03 09:00",
        "03 09:30",
        "03 10:00",
        "03 10:30",
    ]


def test_open_slots_respect_lead_time(mornings: Doctor, settings: Any, clock: Traveller) -> None:
    settings.LEAD_TIME_MINUTES = 30
    clock.move_to("2026-03-02T09:30:01+01:00")
    criteria = SlotCriteria(patient_window(clinic_clock.now()))
    assert offered(mornings, criteria, MONDAY) == ["02 10:30"]


@pytest.mark.parametrize("start", [dt.date.min, dt.date.max, dt.date(9999, 12, 30)])
def test_open_slots_are_empty_at_both_ends_of_the_calendar(
    mornings: Doctor, anyone: SlotCriteria, start: dt.date
) -> None:
    assert offered(mornings, anyone, start, 92) == []


def test_open_slots_without_horizon_include_last_bookable_day(mornings: Doctor) -> None:
    criteria = SlotCriteria(BookingWindow(clinic_clock.now()))
    assert offered(mornings, criteria, dt.date(9999, 12, 30), 92)[0] == "30 09:00"


@pytest.mark.parametrize(
    ("day", "slots"),
    [
        # 02:00 to 03:00 is skipped. The slot at 01:30 ends at its start, 03:00 starts at its end.
        (dt.date(2026, 3, 29), ["29 01:00", "29 01:30", "29 03:00", "29 03:30"]),
        # 02:00 to 03:00 occurs twice.
        (dt.date(2026, 10, 25), ["25 01:00", "25 01:30", "25 03:00", "25 03:30"]),
    ],
)
def test_open_slots_leave_out_the_hour_of_a_clock_change(
    dora: Doctor, anyone: SlotCriteria, day: dt.date, slots: list[str]
) -> None:
    set_working_hours(dora, [Interval(day.weekday(), dt.time(1), dt.time(4))])
    assert offered(dora, anyone, day) == slots


def test_open_slots_use_date_of_clinic_zone(
    mornings: Doctor, settings: Any, clock: Traveller
) -> None:
    settings.HORIZON_DAYS = 0
    clock.move_to("2026-03-02T23:30:00+00:00")
    criteria = SlotCriteria(patient_window(clinic_clock.now()))
    assert offered(mornings, criteria, MONDAY, 3) == [
        "03 09:00",
        "03 09:30",
        "03 10:00",
        "03 10:30",
    ]


def test_open_slots_takes_three_queries_for_any_number_of_days_and_doctors(
    dora: Doctor,
    emil: Doctor,
    ann: Patient,
    anyone: SlotCriteria,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    book_as_patient(ann, dora)
    for days in (1, 92):
        with django_assert_num_queries(3):
            open_slots([dora, emil], anyone, MONDAY, days)


def test_open_slots_exclude_appointments_of_doctor_as_patient(
    mornings: Doctor, anyone: SlotCriteria
) -> None:
    other = make_doctor("Gerd")
    as_patient = become_patient(mornings)
    book_as_patient(as_patient, other)
    assert offered(mornings, anyone) == ["03 09:30", "03 10:00", "03 10:30"]
