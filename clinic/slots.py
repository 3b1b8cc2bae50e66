"""Arithmetic on the clinic's wall clock: ticks, slots, and what daylight saving skips.

Pure: the zone is passed in. A *tick* is five minutes of one day, counted from
the first day of the proleptic Gregorian calendar, so that ticks of successive
days follow each other and one integer orders them all.
"""

import datetime as dt
from dataclasses import dataclass
from functools import lru_cache

GRID_MINUTES = 5
MINUTES_PER_DAY = 24 * 60
TICKS_PER_DAY = MINUTES_PER_DAY // GRID_MINUTES


def minute_of_day(time: dt.time) -> int:
    return time.hour * 60 + time.minute


def end_minute(time: dt.time) -> int:
    """The minute at which an interval ends: 00:00 is the midnight that ends the day."""
    return minute_of_day(time) or MINUTES_PER_DAY


def minutes_between(start: dt.time, end: dt.time) -> range:
    """The minutes of the day in ``[start, end)``, where an end of 00:00 is midnight."""
    return range(minute_of_day(start), end_minute(end))


def time_of(minute: int) -> dt.time:
    """The time at a minute of the day; minute 1440 is 00:00."""
    hour, minute = divmod(minute, 60)
    return dt.time(hour % 24, minute)


def first_tick(date: dt.date) -> int:
    return date.toordinal() * TICKS_PER_DAY


@dataclass(frozen=True, slots=True, order=True)
class Slot:
    """``[start, start + duration)`` on one day of the clinic's wall clock."""

    date: dt.date
    time: dt.time
    duration_minutes: int

    @property
    def start(self) -> dt.datetime:
        """When it starts on the wall, without a zone."""
        return dt.datetime.combine(self.date, self.time)

    @property
    def end_minute(self) -> int:
        """Minutes since midnight at which it ends; over 1440 if it runs into the next day."""
        return minute_of_day(self.time) + self.duration_minutes

    @property
    def ticks(self) -> range:
        """Every tick that it touches."""
        midnight = first_tick(self.date)
        return range(
            midnight + minute_of_day(self.time) // GRID_MINUTES,
            midnight - (-self.end_minute // GRID_MINUTES),
        )

    def starts_at(self, zone: dt.tzinfo) -> dt.datetime:
        """The moment it starts, aware; of a repeated hour, the first."""
        return self.start.replace(tzinfo=zone)

    def ends_at(self, zone: dt.tzinfo) -> dt.datetime:
        """The moment it ends, aware; of a repeated hour, the first."""
        wall = self.start + dt.timedelta(minutes=self.duration_minutes)
        return normal(wall.replace(tzinfo=zone))


def normal(moment: dt.datetime) -> dt.datetime:
    """The same moment, written as a clock on the wall would show it."""
    return moment.astimezone(dt.UTC).astimezone(moment.tzinfo)


def exists(wall: dt.datetime) -> bool:
    """Whether the aware ``wall`` is a time that the clock shows, and does not skip."""
    return normal(wall).replace(tzinfo=None) == wall.replace(tzinfo=None)


def is_repeated(wall: dt.datetime) -> bool:
    """Whether the aware ``wall`` is a time that the clock shows twice."""
    first, second = wall.replace(fold=0), wall.replace(fold=1)
    return exists(wall) and first.utcoffset() != second.utcoffset()


@lru_cache(maxsize=4096)
def skipped_ticks(date: dt.date, zone: dt.tzinfo) -> frozenset[int]:
    """The ticks of ``date`` with a minute that the clock skips (daylight saving)."""
    day = dt.datetime.combine(date, dt.time(), zone)
    # In a gap, fold 0 still has the offset before it and fold 1 that after it,
    # so a day on which nothing is skipped is told by its two ends.
    last_minute = day.replace(hour=23, minute=59, fold=1)
    if day.utcoffset() == last_minute.utcoffset():
        return frozenset()
    midnight = first_tick(date)
    return frozenset(
        midnight + minute // GRID_MINUTES
        for minute in range(MINUTES_PER_DAY)
        if not exists(day.replace(hour=minute // 60, minute=minute % 60))
    )


def wall_tick(moment: dt.datetime, zone: dt.tzinfo, *, round_up: bool = False) -> int:
    """The tick that the clinic's clock shows at ``moment``.

    Appointments use only the first pass of an hour that the clock repeats, so a
    moment of the second pass counts as the end of that hour.
    """
    wall = moment.astimezone(zone)
    if wall.fold:
        wall = wall.replace(second=0, microsecond=0)
        while is_repeated(wall):
            wall += dt.timedelta(minutes=1)
    of_day = wall - wall.replace(hour=0, minute=0, second=0, microsecond=0)
    length = dt.timedelta(minutes=GRID_MINUTES)
    return first_tick(wall.date()) + (-(-of_day // length) if round_up else of_day // length)
