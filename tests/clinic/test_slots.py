"""Ticks and slots, also on days of a daylight saving change."""

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


def test_minute_of_day_is_inverse_of_time_of() -> None:
    assert [minute_of_day(time_of(minute)) for minute in range(1440)] == list(range(1440))


def test_time_of_1440_is_midnight() -> None:
    assert (time_of(1440), end_minute(dt.time(0)), end_minute(dt.time(0, 5))) == (
        dt.time(0),
        1440,
        5,
    )


def test_first_tick_follows_last_tick_of_previous_day() -> None:
    new_year = dt.date(2027, 1, 1)
    last = Slot(new_year - dt.timedelta(days=1), dt.time(23, 55), 5)
    assert [*last.ticks, *Slot(new_year, dt.time(0), 5).ticks] == [
        first_tick(new_year) - 1,
        first_tick(new_year),
    ]


def test_slot_ticks_are_five_minutes() -> None:
    date = dt.date(2026, 3, 3)
    nine = date.toordinal() * 288 + 9 * 12
    assert Slot(date, dt.time(9), 45).ticks == range(nine, nine + 9)


def test_slot_ticks_off_grid_include_partial_ticks() -> None:
    date = dt.date(2026, 3, 3)
    nine = first_tick(date) + 9 * 12
    assert Slot(date, dt.time(9, 3), 4).ticks == range(nine, nine + 2)


def test_slot_ticks_of_adjacent_slots_are_disjoint() -> None:
    date = dt.date(2026, 3, 3)
    one, next_one = Slot(date, dt.time(9), 30), Slot(date, dt.time(9, 30), 30)
    assert ticks_between(date, one.time, 30).isdisjoint(next_one.ticks)


def test_slot_ticks_until_midnight_end_with_the_day() -> None:
    date = dt.date(2026, 3, 3)
    assert Slot(date, dt.time(23, 30), 30).ticks.stop == first_tick(date + dt.timedelta(days=1))


@pytest.mark.parametrize("date", [dt.date.min, dt.date(2028, 2, 29), dt.date(9999, 12, 30)])
def test_slot_ticks_cover_full_day_on_extreme_dates(
    date: dt.date,
) -> None:
    day = Slot(date, dt.time(0), 1440)
    assert (len(day.ticks), skipped_ticks(date, BERLIN)) == (288, frozenset())


def test_first_tick_of_leap_day_is_between_february_and_march() -> None:
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
        # The clock goes from 22:59:59 to midnight: the gap is at the end of the day.
        (ZoneInfo("America/Nuuk"), dt.date(2026, 3, 28), dt.time(23), 60),
        # Samoa crossed the date line and skipped this whole Friday.
        (APIA, dt.date(2011, 12, 30), dt.time(0), 1440),
    ],
)
def test_skipped_ticks_are_those_in_daylight_saving_gap(
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
def test_skipped_ticks_is_empty_without_gap(zone: dt.tzinfo, date: dt.date) -> None:
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
def test_exists_and_is_repeated_by_occurrences_on_the_clock(
    zone: ZoneInfo, wall: str, *, is_shown: bool, is_shown_twice: bool
) -> None:
    aware = dt.datetime.fromisoformat(wall).replace(tzinfo=zone)
    assert (exists(aware), is_repeated(aware)) == (is_shown, is_shown_twice)


def test_slot_over_repeated_hour_uses_first_occurrence() -> None:
    slot = Slot(dt.date(2026, 10, 25), dt.time(2, 15), 30)
    assert (slot.starts_at(BERLIN).isoformat(), slot.ends_at(BERLIN).isoformat()) == (
        "2026-10-25T02:15:00+02:00",
        "2026-10-25T02:45:00+02:00",
    )


def test_slot_duration_is_in_wall_clock_minutes() -> None:
    # 01:30 to 03:30 over the repeated hour: two hours on the wall clock, three elapsed.
    slot = Slot(dt.date(2026, 10, 25), dt.time(1, 30), 120)
    assert slot.ends_at(BERLIN).isoformat() == "2026-10-25T03:30:00+01:00"


def test_slot_until_midnight_ends_at_on_next_date() -> None:
    slot = Slot(dt.date(2028, 2, 28), dt.time(23, 30), 30)
    assert slot.ends_at(BERLIN).isoformat() == "2028-02-29T00:00:00+01:00"


def test_slot_ends_at_after_gap_if_end_is_skipped() -> None:
    # Sao Paulo skipped the midnight at the end of this day.
    slot = Slot(dt.date(2018, 11, 3), dt.time(23, 30), 30)
    assert slot.ends_at(SAO_PAULO).isoformat() == "2018-11-04T01:00:00-02:00"


@pytest.mark.parametrize(
    ("zone", "moment", "down", "up"),
    [
        (BERLIN, "2026-03-03T09:00:00+01:00", dt.time(9), dt.time(9)),
        (BERLIN, "2026-03-03T09:00:01+01:00", dt.time(9), dt.time(9, 5)),
        (BERLIN, "2026-03-03T09:04:59.999999+01:00", dt.time(9), dt.time(9, 5)),
        (BERLIN, "2026-03-03T09:00:00.000001+01:00", dt.time(9), dt.time(9, 5)),
        # First occurrence of the hour: unchanged. Second occurrence: the end of that hour.
        (BERLIN, "2026-10-25T02:15:00+02:00", dt.time(2, 15), dt.time(2, 15)),
        (BERLIN, "2026-10-25T02:15:30+01:00", dt.time(3), dt.time(3)),
        (LORD_HOWE, "2026-04-05T01:40:00+11:00", dt.time(1, 40), dt.time(1, 40)),
        (LORD_HOWE, "2026-04-05T01:40:00+10:30", dt.time(2), dt.time(2)),
        # The same moment in another zone.
        (BERLIN, "2026-03-03T03:00:00-05:00", dt.time(9), dt.time(9)),
    ],
)
def test_wall_tick_is_that_of_clinic_clock(
    zone: ZoneInfo, moment: str, down: dt.time, up: dt.time
) -> None:
    at = dt.datetime.fromisoformat(moment)
    midnight = first_tick(at.astimezone(zone).date())
    assert (wall_tick(at, zone) - midnight, wall_tick(at, zone, round_up=True) - midnight) == (
        minute_of_day(down) // 5,
        minute_of_day(up) // 5,
    )


def test_wall_tick_in_second_occurrence_before_midnight_is_next_day() -> None:
    # Sao Paulo showed 23:00 to 23:59 twice on 17 February 2018.
    second_pass = dt.datetime(2018, 2, 17, 23, 20, tzinfo=SAO_PAULO, fold=1)
    assert wall_tick(second_pass, SAO_PAULO) == first_tick(dt.date(2018, 2, 18))
