"""A time zone's rules as iCalendar spells them out: VTIMEZONE (RFC 5545, 3.6.5).

icalendar writes them too, but begins summer time by the wrong one of the two clocks,
and misses changes of a zone whose clock goes back for a month, such as Morocco's.
"""

import datetime as dt
from collections import defaultdict
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple
from zoneinfo import ZoneInfo

from icalendar import Timezone, TimezoneDaylight, TimezoneStandard

DAY = dt.timedelta(days=1)
SECOND = dt.timedelta(seconds=1)


class Clock(NamedTuple):
    """What a zone's clocks show for a while."""

    offset: dt.timedelta
    name: str
    is_daylight: bool


@lru_cache(maxsize=64)
def rules(zone_name: str, first_year: int, last_year: int) -> Timezone:
    """The rules from the first day of ``first_year`` to the last of ``last_year``.

    To be shared, and so not to be changed.
    """
    zone = ZoneInfo(zone_name)
    start = dt.datetime(first_year, 1, 1, tzinfo=dt.UTC) - DAY
    end = dt.datetime(last_year, 12, 31, tzinfo=dt.UTC) + DAY
    first = _clock(start, zone)
    # An onset is given by the clock that it ends.
    onsets = defaultdict(list, {(first.offset, first): [start + first.offset]})
    days = [start + DAY * count for count in range((end - start).days + 1)]
    for day, next_day in pairwise(days):
        before = _clock(day, zone)
        if before != _clock(next_day, zone):
            change = _first_second_of_another_clock(day, next_day, zone)
            onsets[before.offset, _clock(change, zone)].append(change + before.offset)
    timezone = Timezone()
    timezone.add("tzid", zone_name)
    for (offset_before, clock), times in onsets.items():
        observance = TimezoneDaylight() if clock.is_daylight else TimezoneStandard()
        first_time, *later = [time.replace(tzinfo=None) for time in times]
        observance.add("dtstart", first_time)
        if later:
            observance.add("rdate", later)
        observance.add("tzname", clock.name)
        observance.add("tzoffsetfrom", offset_before)
        observance.add("tzoffsetto", clock.offset)
        timezone.add_component(observance)
    return timezone


def _clock(at: dt.datetime, zone: ZoneInfo) -> Clock:
    local = at.astimezone(zone)
    none = dt.timedelta()
    return Clock(local.utcoffset() or none, local.tzname() or "", (local.dst() or none) > none)


def _first_second_of_another_clock(
    before: dt.datetime, after: dt.datetime, zone: ZoneInfo
) -> dt.datetime:
    old = _clock(before, zone)
    while after - before > SECOND:
        middle = before + (after - before) // SECOND // 2 * SECOND
        if _clock(middle, zone) == old:
            before = middle
        else:
            after = middle
    return after
