"""What a clock on the wall of the clinic shows, for the reference model: minute by minute."""

import datetime as dt
from collections import Counter
from functools import lru_cache

MINUTE = dt.timedelta(minutes=1)
# From a naive datetime to another one, as the clock on the wall shows them.
Span = tuple[dt.datetime, dt.datetime]


@lru_cache
def minutes_shown(zone: dt.tzinfo, date: dt.date) -> Counter[int]:
    """Return how often a clock on the wall shows each minute of the day.

    Watches the clock from the day before to the day after, minute by minute.
    """
    noon = dt.datetime(date.year, date.month, date.day, 12, tzinfo=dt.UTC)
    moments = (noon + after * MINUTE for after in range(-48 * 60, 48 * 60))
    shown = (moment.astimezone(zone) for moment in moments)
    return Counter(wall.hour * 60 + wall.minute for wall in shown if wall.date() == date)


@lru_cache
def irregular_minutes(zone: dt.tzinfo, date: dt.date) -> frozenset[int]:
    """Return the minutes of the day that the clock does not show exactly once."""
    shown = minutes_shown(zone, date)
    return frozenset(minute for minute in range(24 * 60) if shown[minute] != 1)


def shown_at(zone: dt.tzinfo, moment: dt.datetime) -> dt.datetime:
    """Return what the clock shows; while it repeats an hour, what it shows after that hour."""
    while (wall := moment.astimezone(zone)).fold:
        moment += MINUTE
    return wall.replace(tzinfo=None)


def overlap(one: Span, other: Span) -> bool:
    return one[0] < other[1] and other[0] < one[1]
