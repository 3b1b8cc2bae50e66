"""When the demo's doctors work: a handful of usual weeks, dealt out in turn."""

import datetime as dt
from collections.abc import Sequence

from clinic.booking.schedules import Interval
from clinic.models import Weekday
from clinic.slots import end_minute, minute_of_day

MONDAY_TO_FRIDAY = range(Weekday.MONDAY, Weekday.SATURDAY)
SLOT_MINUTES = (30, 20, 15, 45, 60, 30)


def _each(days: Sequence[int], *hours: tuple[int, int]) -> tuple[Interval, ...]:
    return tuple(
        Interval(day, dt.time(start), dt.time(end)) for day in days for start, end in hours
    )


WEEKS = (
    _each(MONDAY_TO_FRIDAY, (9, 17)),
    _each(MONDAY_TO_FRIDAY, (8, 12), (13, 17)),
    _each((Weekday.MONDAY, Weekday.WEDNESDAY, Weekday.FRIDAY), (9, 13)),
    _each(range(Weekday.MONDAY, Weekday.FRIDAY), (12, 20)) + _each((Weekday.SATURDAY,), (9, 13)),
)


def week(place: int) -> Sequence[Interval]:
    """The working hours of the doctor at this place of the list."""
    return WEEKS[place % len(WEEKS)]


def slot_minutes(place: int) -> int:
    """The length of that doctor's slots."""
    return SLOT_MINUTES[place % len(SLOT_MINUTES)]


def slots_a_week(place: int) -> int:
    """How many slots that doctor offers in a week without time off."""
    length = slot_minutes(place)
    return sum(
        (end_minute(hours.end_time) - minute_of_day(hours.start_time)) // length
        for hours in week(place)
    )
