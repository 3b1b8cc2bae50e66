"""The rules of a time zone as an iCalendar VTIMEZONE component (RFC 5545, 3.6.5).

The icalendar library can generate it too, but gives the start of daylight saving time
in the new offset instead of the old one, and misses transitions of zones that leave
their usual offset for a month, such as Morocco's.
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


class LocalTimeType(NamedTuple):
    """UTC offset, abbreviation and daylight flag of a zone between two transitions."""

    offset: dt.timedelta
    name: str
    is_daylight: bool


@lru_cache(maxsize=64)
def rules(zone_name: str, first_year: int, last_year: int) -> Timezone:
    """Return the VTIMEZONE of a zone, valid for the given years (both included).

    The result is cached and shared: callers must not modify it.
    """
    zone = ZoneInfo(zone_name)
    start = dt.datetime(first_year, 1, 1, tzinfo=dt.UTC) - DAY
    end = dt.datetime(last_year, 12, 31, tzinfo=dt.UTC) + DAY
    first = _local_time_type(start, zone)
    # Keys: the offset before the transition, and the local time type after it. Values: the
    # transition times as local times in the offset before the transition, as RFC 5545 requires.
    onsets = defaultdict(list, {(first.offset, first): [start + first.offset]})
    days = [start + DAY * count for count in range((end - start).days + 1)]
    for day, next_day in pairwise(days):
        before = _local_time_type(day, zone)
        if before != _local_time_type(next_day, zone):
            transition = _transition_between(day, next_day, zone)
            after = _local_time_type(transition, zone)
            onsets[before.offset, after].append(transition + before.offset)
    timezone = Timezone()
    timezone.add("tzid", zone_name)
    for (offset_before, local_time), times in onsets.items():
        observance = TimezoneDaylight() if local_time.is_daylight else TimezoneStandard()
        first_time, *later = [time.replace(tzinfo=None) for time in times]
        observance.add("dtstart", first_time)
        if later:
            observance.add("rdate", later)
        observance.add("tzname", local_time.name)
        observance.add("tzoffsetfrom", offset_before)
        observance.add("tzoffsetto", local_time.offset)
        timezone.add_component(observance)
    return timezone


def _local_time_type(at: dt.datetime, zone: ZoneInfo) -> LocalTimeType:
    local = at.astimezone(zone)
    zero = dt.timedelta()
    return LocalTimeType(
        local.utcoffset() or zero, local.tzname() or "", (local.dst() or zero) > zero
    )


def _transition_between(before: dt.datetime, after: dt.datetime, zone: ZoneInfo) -> dt.datetime:
    """Return the first second with another local time type than ``before``, by binary search."""
    old = _local_time_type(before, zone)
    while after - before > SECOND:
        middle = before + (after - before) // SECOND // 2 * SECOND
        if _local_time_type(middle, zone) == old:
            before = middle
        else:
            after = middle
    return after
