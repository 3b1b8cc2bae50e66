"""Buffers: time before and after an appointment that only the doctor needs."""

import datetime as dt
from typing import Any

import pytest

from clinic import clock as clinic_clock
from clinic.booking.availability import open_slots
from clinic.booking.criteria import criteria_for_booking
from clinic.booking.date_exceptions import add_closure, set_special_hours
from clinic.booking.schedules import Interval, set_working_hours
from clinic.events import AvailabilityChanged, Event, listen
from clinic.models import BusyTick, Doctor, Patient
from tests.support.booking import (
    NINE,
    TEN,
    TUESDAY,
    add_time_off,
    assert_ticks_are_those_of_live_appointments,
    book_as_patient,
    book_as_staff,
    move,
    outcome_of,
)
from tests.support.fixtures.people import offer_type
from users.models import User

pytestmark = pytest.mark.django_db

MONDAY, WEDNESDAY = TUESDAY - dt.timedelta(days=1), TUESDAY + dt.timedelta(days=1)


def times(doctor: Doctor, patient: Patient, day: dt.date = TUESDAY) -> list[str]:
    criteria = criteria_for_booking(patient.user, clinic_clock.now())
    slots = open_slots([doctor], criteria, day, 1).get(doctor.pk, [])
    return [f"{slot.time:%H:%M}" for slot in slots]


def at(day: dt.date, hour: int, minute: int = 0) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(hour, minute), clinic_clock.zone())


@pytest.fixture
def buffered(dora: Doctor) -> Doctor:
    """Dora, who needs 15 minutes before and 30 after each appointment; Tuesday 9:00 to 12:00."""
    offer_type(dora, buffer_before_minutes=15, buffer_after_minutes=30)
    set_special_hours(dora, TUESDAY, [(NINE, dt.time(12))], clinic_clock.now())
    return dora


def test_buffers_of_two_appointments_add_up(ann: Patient, ben: Patient, buffered: Doctor) -> None:
    book_as_patient(ann, buffered, time=TEN)
    # Busy from 9:45 to 11:00. At 9:00 the time after would reach 10:00, and the next one can
    # begin at 11:15 at the earliest.
    assert times(buffered, ben) == ["11:30"]
    assert [
        outcome_of(book_as_patient, ben, buffered, time=dt.time(hour, minute))
        for hour, minute in ((9, 0), (9, 30), (10, 30), (11, 0), (11, 30))
    ] == ["SLOT_TAKEN", "SLOT_TAKEN", "SLOT_TAKEN", "SLOT_TAKEN", "pending"]
    assert_ticks_are_those_of_live_appointments()


def test_buffers_do_not_occupy_the_patient(ann: Patient, buffered: Doctor, emil: Doctor) -> None:
    book_as_patient(ann, buffered, time=TEN)
    assert outcome_of(book_as_patient, ann, emil, time=dt.time(10, 30)) == "pending"
    ticks = BusyTick.objects.filter(person=ann.user)
    assert ticks.count() == 12


def test_buffers_can_lie_outside_working_hours(ann: Patient, buffered: Doctor) -> None:
    assert times(buffered, ann) == ["09:00", "09:30", "10:00", "10:30", "11:00", "11:30"]


def test_buffers_do_not_overlap_time_off(ann: Patient, buffered: Doctor) -> None:
    add_time_off(buffered, starts_at=at(TUESDAY, 10, 30), ends_at=at(TUESDAY, 10, 50))
    # 9:30 would need the doctor until 10:30, and 11:00 from 10:45.
    assert times(buffered, ann) == ["09:00", "09:30", "11:30"]


def test_buffers_reach_into_a_closure(ann: Patient, dora: Doctor) -> None:
    set_working_hours(dora, [Interval(1, dt.time(22), dt.time(0))])
    offer_type(dora, buffer_after_minutes=60)
    add_closure(name="Course", first_day=WEDNESDAY, last_day=WEDNESDAY, now=clinic_clock.now())
    assert times(dora, ann) == ["22:00", "22:30", "23:00", "23:30"]


def test_buffers_across_midnight_block_both_days(
    ann: Patient, ben: Patient, dora: Doctor, sam: User
) -> None:
    night = [Interval(day, *hours) for day in range(7) for hours in (
        (dt.time(0), dt.time(2)), (dt.time(22), dt.time(0))
    )]  # fmt: skip
    set_working_hours(dora, night)
    offer_type(dora, buffer_before_minutes=60, buffer_after_minutes=60)
    late = book_as_patient(ann, dora, TUESDAY, dt.time(23, 30))
    # Busy from 22:30 on Tuesday to 01:00 on Wednesday, and each needs an hour before and after.
    early_hours = ["00:00", "00:30", "01:00", "01:30"]
    assert (times(dora, ben), times(dora, ben, WEDNESDAY)) == (
        early_hours,
        ["22:00", "22:30", "23:00", "23:30"],
    )
    early = outcome_of(book_as_patient, ben, dora, WEDNESDAY, dt.time(0, 30))
    assert early == "SLOT_TAKEN"
    move(ann.user, late, WEDNESDAY, dt.time(0))
    # Busy from 23:00 on Tuesday to 01:30 on Wednesday.
    assert (times(dora, ben), times(dora, ben, WEDNESDAY)[0]) == (early_hours, "22:00")
    assert_ticks_are_those_of_live_appointments()


@pytest.mark.parametrize(
    ("buffers", "booked", "searched", "shown"),
    [
        (
            {"buffer_after_minutes": 60},
            (WEDNESDAY, dt.time(0, 30)),
            TUESDAY,
            ["22:00", "22:30", "23:00"],
        ),
        (
            {"buffer_before_minutes": 60},
            (TUESDAY, dt.time(23)),
            WEDNESDAY,
            ["00:30", "01:00", "01:30"],
        ),
    ],
)
def test_search_of_a_day_knows_appointments_of_the_days_beside_it(
    ann: Patient,
    ben: Patient,
    dora: Doctor,
    buffers: dict[str, Any],
    booked: tuple[dt.date, dt.time],
    searched: dt.date,
    shown: list[str],
) -> None:
    set_working_hours(
        dora,
        [Interval(1, dt.time(22), dt.time(0)), Interval(2, dt.time(0), dt.time(2))],
    )
    offer_type(dora, **buffers)
    book_as_patient(ann, dora, *booked)
    assert times(dora, ben, searched) == shown


def test_buffer_across_midnight_against_time_off_of_the_next_day(
    ann: Patient, dora: Doctor
) -> None:
    set_working_hours(dora, [Interval(1, dt.time(22), dt.time(0))])
    offer_type(dora, buffer_after_minutes=45)
    add_time_off(dora, starts_at=at(WEDNESDAY, 0, 15), ends_at=at(WEDNESDAY, 12))
    assert times(dora, ann) == ["22:00", "22:30", "23:00"]


def test_staff_cannot_overlap_buffers_either(
    ann: Patient, ben: Patient, buffered: Doctor, sam: User
) -> None:
    book_as_patient(ann, buffered, time=TEN)
    assert outcome_of(book_as_staff, sam, buffered, ben, time=dt.time(11)) == "SLOT_TAKEN"
    assert outcome_of(book_as_staff, sam, buffered, ben, time=dt.time(11, 15)) == "confirmed"


def test_buffers_at_both_ends_of_the_calendar_do_not_overflow(
    ann: Patient, dora: Doctor, sam: User
) -> None:
    set_working_hours(dora, [Interval(day, dt.time(0), dt.time(0)) for day in range(7)])
    offer_type(dora, buffer_before_minutes=480, buffer_after_minutes=480)
    last = dt.date(9999, 12, 30)
    assert outcome_of(book_as_staff, sam, dora, ann, last, dt.time(23, 30)) == "confirmed"
    assert_ticks_are_those_of_live_appointments()


def test_booking_across_midnight_announces_both_days(
    ann: Patient, dora: Doctor, django_capture_on_commit_callbacks: object
) -> None:
    set_working_hours(dora, [Interval(1, dt.time(22), dt.time(0))])
    offer_type(dora, buffer_after_minutes=60)
    announced: list[Event] = []
    listen(announced.extend)
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator]  # a fixture without types
        book_as_patient(ann, dora, TUESDAY, dt.time(23, 30))
    days = [event.date for event in announced if isinstance(event, AvailabilityChanged)]
    assert days == [TUESDAY, WEDNESDAY]
