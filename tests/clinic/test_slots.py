"""Ticks, slots and the days on which a clock skips or repeats some of them."""

import datetime as dt
from zoneinfo import ZoneInfo

import pytest

from clinic.slots import (
    Slot,
    end_minute,
    exists,
    first_tick,
    is_repeated,
    minute_of_day,
    skipped_ticks,
    time_of,
    wall_tick,
)

BERLIN = ZoneInfo("Europe/Berlin")
NEW_YORK = ZoneInfo("America/New_York")
LORD_HOWE = ZoneInfo("Australia/Lord_Howe")
SAO_PAULO = ZoneInfo("America/Sao_Paulo")
APIA = ZoneInfo("Pacific/Apia")
KOLKATA = ZoneInfo("Asia/Kolkata")


def ticks_between(date: dt.date, start: dt.time, minutes: int) -> frozenset[int]:
    return frozenset(Slot(date, start, minutes).ticks)


def test_a_minute_of_the_day_and_its_time_are_each_others_inverse() -> None:
    assert [minute_of_day(time_of(minute)) for minute in range(1440)] == list(range(1440))


def test_minute_1440_is_midnight() -> None:
    assert (time_of(1440), end_minute(dt.time(0)), end_minute(dt.time(0, 5))) == (
        dt.time(0),
        1440,
        5,
    )


def test_ticks_of_successive_days_follow_each_other() -> None:
    new_year = dt.date(2027, 1, 1)
    last = Slot(new_year - dt.timedelta(days=1), dt.time(23, 55), 5)
    assert [*last.ticks, *Slot(new_year, dt.time(0), 5).ticks] == [
        first_tick(new_year) - 1,
        first_tick(new_year),
    ]


def test_a_slot_has_a_tick_for_each_five_minutes() -> None:
    date = dt.date(2026, 3, 3)
    nine = date.toordinal() * 288 + 9 * 12
    assert Slot(date, dt.time(9), 45).ticks == range(nine, nine + 9)


def test_a_slot_off_the_grid_has_every_tick_that_it_touches() -> None:
    date = dt.date(2026, 3, 3)
    nine = first_tick(date) + 9 * 12
    assert Slot(date, dt.time(9, 3), 4).ticks == range(nine, nine + 2)


def test_slots_that_only_touch_share_no_tick() -> None:
    date = dt.date(2026, 3, 3)
    one, next_one = Slot(date, dt.time(9), 30), Slot(date, dt.time(9, 30), 30)
    assert ticks_between(date, one.time, 30).isdisjoint(next_one.ticks)


def test_a_slot_until_midnight_ends_with_the_days_last_tick() -> None:
    date = dt.date(2026, 3, 3)
    assert Slot(date, dt.time(23, 30), 30).ticks.stop == first_tick(date + dt.timedelta(days=1))


@pytest.mark.parametrize("date", [dt.date.min, dt.date(2028, 2, 29), dt.date(9999, 12, 30)])
def test_the_first_day_the_leap_day_and_the_last_year_have_a_full_day_of_ticks(
    date: dt.date,
) -> None:
    day = Slot(date, dt.time(0), 1440)
    assert (len(day.ticks), skipped_ticks(date, BERLIN)) == (288, frozenset())


def test_the_leap_day_stands_between_february_and_march() -> None:
    assert [first_tick(dt.date(2028, 2, 28)) + 288, first_tick(dt.date(2028, 3, 1)) - 288] == [
        first_tick(dt.date(2028, 2, 29))
    ] * 2


@pytest.mark.parametrize(
    ("zone", "date", "start", "minutes"),
    [
        (BERLIN, dt.date(2026, 3, 29), dt.time(2), 60),
        (NEW_YORK, dt.date(2026, 3, 8), dt.time(2), 60),
        (LORD_HOWE, dt.date(2026, 10, 4), dt.time(2), 30),
        # The clock goes from 23:59:59 to 01:00.
        (SAO_PAULO, dt.date(2018, 11, 4), dt.time(0), 60),
        # From 22:00 to 23:00, and the day before yesterday's offset at its end.
        (ZoneInfo("America/Nuuk"), dt.date(2026, 3, 28), dt.time(23), 60),
        # Samoa crossed the date line, and this Friday never was.
        (APIA, dt.date(2011, 12, 30), dt.time(0), 1440),
    ],
)
def test_skipped_ticks_are_those_the_clock_jumps_over(
    zone: ZoneInfo, date: dt.date, start: dt.time, minutes: int
) -> None:
    assert skipped_ticks(date, zone) == ticks_between(date, start, minutes)


@pytest.mark.parametrize(
    ("zone", "date"),
    [
        (BERLIN, dt.date(2026, 3, 28)),
        (BERLIN, dt.date(2026, 10, 25)),
        (LORD_HOWE, dt.date(2026, 4, 5)),
        (KOLKATA, dt.date(2026, 3, 29)),
        (dt.UTC, dt.date(2026, 3, 29)),
    ],
)
def test_nothing_is_skipped_on_an_ordinary_day_nor_when_an_hour_repeats(
    zone: dt.tzinfo, date: dt.date
) -> None:
    assert skipped_ticks(date, zone) == frozenset()


@pytest.mark.parametrize(
    ("zone", "wall", "is_shown", "is_shown_twice"),
    [
        (BERLIN, "2026-03-29 01:59", True, False),
        (BERLIN, "2026-03-29 02:00", False, False),
        (BERLIN, "2026-03-29 02:59", False, False),
        (BERLIN, "2026-03-29 03:00", True, False),
        (BERLIN, "2026-10-25 01:59", True, False),
        (BERLIN, "2026-10-25 02:00", True, True),
        (BERLIN, "2026-10-25 02:59", True, True),
        (BERLIN, "2026-10-25 03:00", True, False),
        (LORD_HOWE, "2026-04-05 01:30", True, True),
        (LORD_HOWE, "2026-04-05 02:00", True, False),
        (LORD_HOWE, "2026-10-04 02:29", False, False),
        (LORD_HOWE, "2026-10-04 02:30", True, False),
    ],
)
def test_a_wall_time_is_shown_never_once_or_twice(
    zone: ZoneInfo, wall: str, *, is_shown: bool, is_shown_twice: bool
) -> None:
    aware = dt.datetime.fromisoformat(wall).replace(tzinfo=zone)
    assert (exists(aware), is_repeated(aware)) == (is_shown, is_shown_twice)


def test_a_slot_over_the_repeated_hour_starts_and_ends_in_the_first_pass() -> None:
    slot = Slot(dt.date(2026, 10, 25), dt.time(2, 15), 30)
    assert (slot.starts_at(BERLIN).isoformat(), slot.ends_at(BERLIN).isoformat()) == (
        "2026-10-25T02:15:00+02:00",
        "2026-10-25T02:45:00+02:00",
    )


def test_lengths_are_minutes_of_the_wall_clock() -> None:
    # 01:30 to 03:30 over the repeated hour: two hours on the wall, three to the world.
    slot = Slot(dt.date(2026, 10, 25), dt.time(1, 30), 120)
    assert slot.ends_at(BERLIN).isoformat() == "2026-10-25T03:30:00+01:00"


def test_a_slot_until_midnight_ends_on_the_next_date() -> None:
    slot = Slot(dt.date(2028, 2, 28), dt.time(23, 30), 30)
    assert slot.ends_at(BERLIN).isoformat() == "2028-02-29T00:00:00+01:00"


def test_an_end_that_the_clock_skips_is_the_moment_it_jumps_to() -> None:
    # In Sao Paulo the midnight that ends this day was not shown.
    slot = Slot(dt.date(2018, 11, 3), dt.time(23, 30), 30)
    assert slot.ends_at(SAO_PAULO).isoformat() == "2018-11-04T01:00:00-02:00"


@pytest.mark.parametrize(
    ("zone", "moment", "down", "up"),
    [
        (BERLIN, "2026-03-03T09:00:00+01:00", dt.time(9), dt.time(9)),
        (BERLIN, "2026-03-03T09:00:01+01:00", dt.time(9), dt.time(9, 5)),
        (BERLIN, "2026-03-03T09:04:59.999999+01:00", dt.time(9), dt.time(9, 5)),
        (BERLIN, "2026-03-03T09:00:00.000001+01:00", dt.time(9), dt.time(9, 5)),
        # First pass of the hour: as it reads. Second pass: the end of that hour.
        (BERLIN, "2026-10-25T02:15:00+02:00", dt.time(2, 15), dt.time(2, 15)),
        (BERLIN, "2026-10-25T02:15:30+01:00", dt.time(3), dt.time(3)),
        (LORD_HOWE, "2026-04-05T01:40:00+11:00", dt.time(1, 40), dt.time(1, 40)),
        (LORD_HOWE, "2026-04-05T01:40:00+10:30", dt.time(2), dt.time(2)),
        # Another zone's spelling of the same moment.
        (BERLIN, "2026-03-03T03:00:00-05:00", dt.time(9), dt.time(9)),
    ],
)
def test_a_moment_falls_into_the_tick_that_the_clinics_clock_shows(
    zone: ZoneInfo, moment: str, down: dt.time, up: dt.time
) -> None:
    at = dt.datetime.fromisoformat(moment)
    midnight = first_tick(at.astimezone(zone).date())
    assert (wall_tick(at, zone) - midnight, wall_tick(at, zone, round_up=True) - midnight) == (
        minute_of_day(down) // 5,
        minute_of_day(up) // 5,
    )


def test_the_second_pass_of_the_hour_before_midnight_counts_as_the_next_day() -> None:
    # Sao Paulo showed 23:00 to 23:59 twice on 17 February 2018.
    second_pass = dt.datetime(2018, 2, 17, 23, 20, tzinfo=SAO_PAULO, fold=1)
    assert wall_tick(second_pass, SAO_PAULO) == first_tick(dt.date(2018, 2, 18))
