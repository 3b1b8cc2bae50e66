"""Random time zones and dates, many of them days on which the clock changes."""

import datetime as dt
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from zoneinfo import ZoneInfo, available_timezones

import hypothesis.strategies as st

# Offsets were whole minutes from 1973 on.
FIRST, LAST = dt.date(1973, 1, 1), dt.date(2060, 12, 31)
# Changes of half an hour and of two hours, at and around midnight, of the standard offset
# (Samoa skipped a day) and of negative daylight saving time.
CHANGING_ZONES = [
    "Africa/Cairo",
    "Africa/Casablanca",
    "America/Caracas",
    "America/Havana",
    "America/New_York",
    "America/Nuuk",
    "America/Sao_Paulo",
    "America/St_Johns",
    "Antarctica/Troll",
    "Asia/Beirut",
    "Asia/Pyongyang",
    "Australia/Lord_Howe",
    "Europe/Berlin",
    "Europe/Dublin",
    "Pacific/Apia",
]
ZoneAndDate = tuple[ZoneInfo, dt.date]


def _changes(zone: ZoneInfo) -> Iterator[ZoneAndDate]:
    """Yield the dates before and after each change of the UTC offset; often they are one."""
    start = dt.datetime.combine(FIRST, dt.time(12), dt.UTC)
    noons = [start + dt.timedelta(days=n) for n in range((LAST - FIRST).days)]
    for noon, next_noon in pairwise(noon.astimezone(zone) for noon in noons):
        if noon.utcoffset() != next_noon.utcoffset():
            # In UTC: Python adds to a local time by the wall clock.
            hours = [noon.astimezone(dt.UTC) + dt.timedelta(hours=n) for n in range(25)]
            for before, after in pairwise(hour.astimezone(zone) for hour in hours):
                if before.utcoffset() != after.utcoffset():
                    yield from ((zone, date) for date in sorted({before.date(), after.date()}))


@cache
def zones_and_dates() -> st.SearchStrategy[ZoneAndDate]:
    """Generate a zone and a date; two in three, on a day on which the clock changes."""
    changes = [change for name in CHANGING_ZONES for change in _changes(ZoneInfo(name))]
    names = sorted(name for name in available_timezones() if "/" in name)
    anywhere = st.tuples(st.sampled_from(names).map(ZoneInfo), st.dates(FIRST, LAST))
    return st.one_of(st.sampled_from(changes), st.sampled_from(changes[::-1]), anywhere)
