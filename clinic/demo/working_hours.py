"""Working hours and slot lengths of the demo doctors, assigned in rotation by index."""

import datetime as dt
from collections.abc import Sequence

from clinic.booking.schedules import Interval
from clinic.demo.catalogue import longest_minutes
from clinic.models import Weekday
from clinic.slots import end_minute, minute_of_day

MONDAY_TO_FRIDAY = range(Weekday.MONDAY, Weekday.SATURDAY)
SLOT_MINUTES = (30, 20, 15, 45, 60, 30)


def _intervals(days: Sequence[int], *hours: tuple[int, int]) -> tuple[Interval, ...]:
    """Return intervals on each of the days; ``hours`` are pairs of start and end hour."""
    return tuple(
        Interval(day, dt.time(start), dt.time(end)) for day in days for start, end in hours
    )


WEEKLY_HOURS = (
    _intervals(MONDAY_TO_FRIDAY, (9, 17)),
    _intervals(MONDAY_TO_FRIDAY, (8, 12), (13, 17)),
    _intervals((Weekday.MONDAY, Weekday.WEDNESDAY, Weekday.FRIDAY), (9, 13)),
    _intervals(range(Weekday.MONDAY, Weekday.FRIDAY), (12, 20))
    + _intervals((Weekday.SATURDAY,), (9, 13)),
)


def weekly_hours(doctor_index: int) -> Sequence[Interval]:
    """Return the working hours of the doctor with this index."""
    return WEEKLY_HOURS[doctor_index % len(WEEKLY_HOURS)]


def slot_minutes(doctor_index: int) -> int:
    """Return the slot length of the doctor with this index."""
    return SLOT_MINUTES[doctor_index % len(SLOT_MINUTES)]


def slots_per_week(doctor_index: int) -> int:
    """Return how many appointments fit into a week without time off of the doctor with this index.

    If the doctor offers appointment types, of the longest one.
    """
    step = slot_minutes(doctor_index)
    # They start in steps of the slot length.
    length = -(-max(step, longest_minutes(doctor_index)) // step) * step
    return sum(
        (end_minute(interval.end_time) - minute_of_day(interval.start_time)) // length
        for interval in weekly_hours(doctor_index)
    )
