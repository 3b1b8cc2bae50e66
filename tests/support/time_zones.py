"""Random time zones and dates, many of them on a day on which the clock changes."""

import datetime as dt
from zoneinfo import ZoneInfo, available_timezones

import hypothesis.strategies as st

DAY = dt.timedelta(days=1)
# Offsets were whole minutes from 1973 on.
FIRST, LAST = dt.date(1973, 1, 1), dt.date(2060, 12, 31)
ZONES = sorted(name for name in available_timezones() if "/" in name)
# Changes of half an hour and of two hours, at and around midnight, of the standard offset
# (Samoa skipped a day) and of negative daylight saving time.
UNUSUAL_ZONES = [
    "Africa/Cairo",
    "Africa/Casablanca",
    "America/Caracas",
    "America/Havana",
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


def changes_on(date: dt.date, zone: ZoneInfo) -> bool:
    """Return whether the UTC offset changes between noon of the day before and of the next day."""
    noons = [dt.datetime.combine(day, dt.time(12), zone) for day in (date - DAY, date + DAY)]
    return noons[0].utcoffset() != noons[1].utcoffset()


@st.composite
def zones_and_dates(draw: st.DrawFn) -> tuple[ZoneInfo, dt.date]:
    """Generate a zone and a date. Three in four are near the next change of the clock, if any."""
    zone = ZoneInfo(draw(st.one_of(st.sampled_from(UNUSUAL_ZONES), st.sampled_from(ZONES))))
    date = draw(st.dates(FIRST, LAST))
    if draw(st.integers(0, 3)):
        days = (date + n * DAY for n in range(400))
        date = next((day for day in days if changes_on(day, zone)), date)
        date += draw(st.integers(0, 2)) * DAY
    return zone, date
