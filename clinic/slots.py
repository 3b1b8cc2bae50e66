"""Arithmetic on the clinic's wall clock: ticks, slots and daylight saving changes.

Pure functions; the time zone is passed in. A *tick* is a period of five minutes on the
wall clock. Its number is ``date.toordinal() * 288 + minutes since midnight // 5``, so that
ticks of all days are ordered by one integer.
"""

import datetime as dt
from dataclasses import dataclass
from functools import lru_cache

GRID_MINUTES = 5
MINUTES_PER_DAY = 24 * 60
TICKS_PER_DAY = MINUTES_PER_DAY // GRID_MINUTES


def minute_of_day(time: dt.time) -> int:
    """Return the minutes since midnight, 0 to 1439; seconds are ignored."""
    return time.hour * 60 + time.minute


def end_minute(time: dt.time) -> int:
    """Return the end of an interval in minutes since midnight; 00:00 counts as 1440."""
    return minute_of_day(time) or MINUTES_PER_DAY


@lru_cache(maxsize=4096)
def minutes_between(start: dt.time, end: dt.time) -> range:
    """Return ``[start, end)`` in minutes since midnight; an end of 00:00 counts as 1440."""
    return range(minute_of_day(start), end_minute(end))


def time_of(minute: int) -> dt.time:
    """Return the time at ``minute`` minutes since midnight; 1440 is 00:00."""
    hour, minute = divmod(minute, 60)
    return dt.time(hour % 24, minute)


def days_of(ticks: range) -> range:
    """Return the ordinals (``date.toordinal()``) of the days on which ticks lie."""
    return range(ticks.start // TICKS_PER_DAY, (ticks.stop - 1) // TICKS_PER_DAY + 1)


def first_tick(date: dt.date) -> int:
    """Return the tick at midnight, at the start of ``date``."""
    return date.toordinal() * TICKS_PER_DAY


@dataclass(frozen=True, slots=True, order=True)
class Slot:
    """A period ``[start, start + duration)`` that starts on ``date``, on the wall clock."""

    date: dt.date
    time: dt.time
    duration_minutes: int

    @property
    def start(self) -> dt.datetime:
        """The start on the wall clock, as a naive datetime."""
        return dt.datetime.combine(self.date, self.time)

    @property
    def end_minute(self) -> int:
        """The end in minutes since midnight of ``date``; over 1440 if it is on the next day."""
        return minute_of_day(self.time) + self.duration_minutes

    @property
    def ticks(self) -> range:
        """The ticks that overlap this slot."""
        midnight = first_tick(self.date)
        return range(
            midnight + minute_of_day(self.time) // GRID_MINUTES,
            midnight - (-self.end_minute // GRID_MINUTES),
        )

    def ticks_with_buffers(self, before_minutes: int, after_minutes: int) -> range:
        """The ticks of this slot and of a buffer before and after it, also on other days."""
        ticks = self.ticks
        return range(
            ticks.start - -(-before_minutes // GRID_MINUTES),
            ticks.stop - (-after_minutes // GRID_MINUTES),
        )

    def starts_at(self, zone: dt.tzinfo) -> dt.datetime:
        """Return the start, aware. In an hour that the clock repeats, the first occurrence."""
        return dt.datetime.combine(self.date, self.time, zone)

    def ends_at(self, zone: dt.tzinfo) -> dt.datetime:
        """Return the end, aware: ``duration_minutes`` of elapsed time after the start."""
        starts_at, length = self.starts_at(zone), dt.timedelta(minutes=self.duration_minutes)
        if self.end_minute < MINUTES_PER_DAY and not clock_change_ticks(self.date, zone):
            return starts_at + length
        # Added in UTC: Python adds to a local time by the wall clock.
        return (starts_at.astimezone(dt.UTC) + length).astimezone(zone)


@lru_cache(maxsize=4096)
def clock_change_ticks(date: dt.date, zone: dt.tzinfo) -> frozenset[int]:
    """Return the ticks of ``date`` of which the clock skips or repeats a part.

    Outside of them, wall-clock time and elapsed time are equal.
    """
    midnight = dt.datetime.combine(date, dt.time(), zone)
    if not _includes_clock_change(midnight, dt.timedelta(days=1)):
        return frozenset()
    tick = dt.timedelta(minutes=GRID_MINUTES)
    return frozenset(
        first_tick(date) + number
        for number in range(TICKS_PER_DAY)
        if _includes_clock_change(midnight + number * tick, tick)
    )


def _includes_clock_change(start: dt.datetime, length: dt.timedelta) -> bool:
    """Return whether the clock skips or repeats a part of ``[start, start + length)``.

    ``start`` is aware; the period is at most a day on the wall clock.
    """
    last = start + (length - dt.datetime.resolution)
    # For a time that is skipped or repeated, fold=0 has the UTC offset before the change of
    # the clock and fold=1 the one after it (PEP 495).
    return start.replace(fold=0).utcoffset() != last.replace(fold=1).utcoffset()


def wall_tick(moment: dt.datetime, zone: dt.tzinfo, *, round_up: bool = False) -> int:
    """Return the tick on the wall clock of ``zone`` at the aware ``moment``.

    The ticks of an hour that the clock repeats stand for its first occurrence. A moment in
    the second occurrence counts as the end of that hour.
    """
    wall = moment.astimezone(zone)
    of_day = wall - wall.replace(hour=0, minute=0, second=0, microsecond=0)
    length = dt.timedelta(minutes=GRID_MINUTES)
    tick = first_tick(wall.date()) + (-(-of_day // length) if round_up else of_day // length)
    if wall.fold:
        while tick in clock_change_ticks(dt.date.fromordinal(tick // TICKS_PER_DAY), zone):
            tick += 1
    return tick


def ticks_between(start: dt.datetime, end: dt.datetime, zone: dt.tzinfo) -> range:
    """Return the ticks of the wall clock of ``zone`` that overlap ``[start, end)``, both aware."""
    return range(wall_tick(start, zone), wall_tick(end, zone, round_up=True))
