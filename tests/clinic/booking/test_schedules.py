"""Working hours, which never change appointments."""

import datetime as dt

import pytest
from django.core.exceptions import ValidationError

from clinic.booking.schedules import (
    Interval,
    set_working_hours,
)
from clinic.models import Appointment, Doctor, Patient
from tests.support.booking import (
    NINE,
    TEN,
    book_as_patient,
    stored_ticks,
)

MIDNIGHT = dt.time(0)
NOON = dt.time(12)
NIGHT = (
    "The end must be after the start. Enter a night as two intervals: 22:00 to 00:00 and, on the "
    "next day, 00:00 to 06:00."
)


def week_of(doctor: Doctor) -> list[tuple[int, str, str]]:
    return [
        (hours.weekday, f"{hours.start_time:%H:%M}", f"{hours.end_time:%H:%M}")
        for hours in doctor.working_hours.all()
    ]


def errors_of_hours(doctor: Doctor, *intervals: Interval) -> list[tuple[str, str | None]]:
    with pytest.raises(ValidationError) as caught:
        set_working_hours(doctor, intervals)
    return [
        (field, error.code) for field, errors in caught.value.error_dict.items() for error in errors
    ]


def test_set_working_hours_replaces_whole_week_in_order(dora: Doctor) -> None:
    set_working_hours(
        dora,
        [Interval(4, NOON, MIDNIGHT), Interval(0, NOON, dt.time(13)), Interval(0, NINE, TEN)],
    )
    assert week_of(dora) == [
        (0, "09:00", "10:00"),
        (0, "12:00", "13:00"),
        (4, "12:00", "00:00"),
    ]


def test_set_working_hours_merges_adjacent_intervals(dora: Doctor) -> None:
    set_working_hours(
        dora,
        [
            Interval(1, NOON, MIDNIGHT),
            Interval(1, NINE, TEN),
            Interval(1, TEN, NOON),
            Interval(2, MIDNIGHT, NINE),
        ],
    )
    assert week_of(dora) == [(1, "09:00", "00:00"), (2, "00:00", "09:00")]


def test_set_working_hours_accepts_midnight_to_midnight(dora: Doctor) -> None:
    set_working_hours(dora, [Interval(6, MIDNIGHT, MIDNIGHT)])
    assert (week_of(dora), dora.working_hours.get().minutes) == (
        [(6, "00:00", "00:00")],
        range(1440),
    )


def test_set_working_hours_without_intervals_empties_week(dora: Doctor) -> None:
    set_working_hours(dora, [])
    assert week_of(dora) == []


def test_set_working_hours_reports_errors_by_index_and_changes_nothing(dora: Doctor) -> None:
    before = week_of(dora)
    assert [
        errors_of_hours(dora, Interval(0, NINE, TEN), Interval(0, dt.time(9, 55), NOON)),
        errors_of_hours(dora, Interval(0, NINE, NOON), Interval(0, TEN, dt.time(11))),
        errors_of_hours(dora, Interval(0, NINE, NOON), Interval(0, NINE, NOON)),
        errors_of_hours(dora, Interval(0, TEN, MIDNIGHT), Interval(0, dt.time(23), MIDNIGHT)),
        errors_of_hours(dora, Interval(0, NINE, TEN), Interval(0, NOON, NOON)),
        errors_of_hours(dora, Interval(0, NOON, NINE)),
        errors_of_hours(dora, Interval(7, NINE, NOON)),
        errors_of_hours(dora, Interval(0, dt.time(9, 1), dt.time(10, 0, 1))),
    ] == [
        [("hours.1.start_time", "invalid")],
        [("hours.1.start_time", "invalid")],
        [("hours.1.start_time", "invalid")],
        [("hours.1.start_time", "invalid")],
        [("hours.1.end_time", "invalid")],
        [("hours.0.end_time", "invalid")],
        [("hours.0.weekday", "invalid_choice")],
        [("hours.0.start_time", "off_grid"), ("hours.0.end_time", "off_grid")],
    ]
    assert week_of(dora) == before


@pytest.mark.parametrize(
    ("start", "end", "message"),
    [
        (
            dt.time(22),
            dt.time(6),
            NIGHT,
        ),
        (NOON, NOON, "The end must be after the start."),
    ],
)
def test_set_working_hours_says_how_to_enter_a_night(
    dora: Doctor, start: dt.time, end: dt.time, message: str
) -> None:
    with pytest.raises(ValidationError) as caught:
        set_working_hours(dora, [Interval(6, start, end)])
    assert caught.value.message_dict == {"hours.0.end_time": [message]}


def test_set_working_hours_accepts_a_night_as_two_intervals(dora: Doctor) -> None:
    set_working_hours(dora, [Interval(6, dt.time(22), MIDNIGHT), Interval(0, MIDNIGHT, dt.time(6))])
    assert week_of(dora) == [(0, "00:00", "06:00"), (6, "22:00", "00:00")]


def test_set_working_hours_keeps_booked_appointments(ann: Patient, dora: Doctor) -> None:
    book_as_patient(ann, dora)
    before = (list(Appointment.objects.values()), stored_ticks())
    set_working_hours(dora, [])
    dora.slot_minutes = 5
    dora.save()
    assert (list(Appointment.objects.values()), stored_ticks()) == before
