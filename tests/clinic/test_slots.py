"""Ticks and slots, also on days of a daylight saving change."""

import datetime as dt
from zoneinfo import ZoneInfo

import hypothesis.strategies as st
import pytest
from hypothesis import given

from clinic.slots import (
    Slot,
    clock_change_ticks,
    end_minute,
    first_tick,
    minute_of_day,
    time_of,
    wall_tick,
)
from tests.clinic.booking.reference_clock import minutes_shown
from tests.support.scale import HYPOTHESIS
from tests.support.time_zones import zones_and_dates

BERLIN = ZoneInfo("Europe/Berlin")
LORD_HOWE = ZoneInfo("Australia/Lord_Howe")
SAO_PAULO = ZoneInfo("America/Sao_Paulo")


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
    assert (len(day.ticks), clock_change_ticks(date, BERLIN)) == (288, frozenset())


def test_first_tick_of_leap_day_is_between_february_and_march() -> None:
    assert [first_tick(dt.date(2028, 2, 28)) + 288, first_tick(dt.date(2028, 3, 1)) - 288] == [
        first_tick(dt.date(2028, 2, 29))
    ] * 2


@pytest.mark.parametrize(
    ("zone", "date", "start", "minutes"),
    [
        ("Europe/Berlin", dt.date(2026, 3, 29), dt.time(2), 60),
        ("Europe/Berlin", dt.date(2026, 10, 25), dt.time(2), 60),
        ("Europe/Berlin", dt.date(2060, 10, 31), dt.time(2), 60),
        ("America/New_York", dt.date(2026, 3, 8), dt.time(2), 60),
        ("America/New_York", dt.date(2026, 11, 1), dt.time(1), 60),
        ("Australia/Lord_Howe", dt.date(2026, 10, 4), dt.time(2), 30),
        ("Australia/Lord_Howe", dt.date(2026, 4, 5), dt.time(1, 30), 30),
        ("Antarctica/Troll", dt.date(2026, 3, 29), dt.time(1), 120),
        ("Antarctica/Troll", dt.date(2026, 10, 25), dt.time(1), 120),
        # Standard time is in summer, and the daylight saving time of winter is negative.
        ("Europe/Dublin", dt.date(2026, 3, 29), dt.time(1), 60),
        ("Europe/Dublin", dt.date(2026, 10, 25), dt.time(1), 60),
        # The clock goes from 23:59:59 to 01:00, and from 00:59:59 to 00:00.
        ("America/Havana", dt.date(2026, 3, 8), dt.time(0), 60),
        ("America/Havana", dt.date(2026, 11, 1), dt.time(0), 60),
        # The clock goes from 23:59:59 to 23:00 of the same day.
        ("Africa/Cairo", dt.date(2026, 10, 29), dt.time(23), 60),
        ("Asia/Beirut", dt.date(2026, 10, 24), dt.time(23), 60),
        # The clock goes from 22:59:59 to midnight: the gap is at the end of the day.
        ("America/Nuuk", dt.date(2026, 3, 28), dt.time(23), 60),
        # The clock goes from 00:00:59 to 23:01 of the day before. Both days have repeated minutes.
        ("America/St_Johns", dt.date(2006, 10, 28), dt.time(23), 60),
        ("America/St_Johns", dt.date(2006, 10, 29), dt.time(0), 5),
        # New standard offsets: Samoa crossed the date line and skipped this whole Friday;
        # Venezuela went back half an hour; Liberia skipped 44.5 minutes, the Netherlands 28 s.
        ("Pacific/Apia", dt.date(2011, 12, 30), dt.time(0), 1440),
        ("America/Caracas", dt.date(2007, 12, 9), dt.time(2, 30), 30),
        ("Africa/Monrovia", dt.date(1972, 1, 7), dt.time(0), 45),
        ("Europe/Amsterdam", dt.date(1937, 7, 1), dt.time(0), 5),
    ],
)
def test_clock_change_ticks_are_those_skipped_or_repeated(
    zone: str, date: dt.date, start: dt.time, minutes: int
) -> None:
    assert clock_change_ticks(date, ZoneInfo(zone)) == ticks_between(date, start, minutes)


@pytest.mark.parametrize(
    ("zone", "date"),
    [
        (BERLIN, dt.date(2026, 3, 28)),
        (BERLIN, dt.date(2026, 10, 26)),
        (ZoneInfo("Africa/Cairo"), dt.date(2026, 10, 30)),
        (ZoneInfo("Pacific/Apia"), dt.date(2011, 12, 29)),
        (ZoneInfo("Pacific/Apia"), dt.date(2011, 12, 31)),
        (ZoneInfo("Asia/Kolkata"), dt.date(2026, 3, 29)),
        (dt.UTC, dt.date(2026, 3, 29)),
    ],
)
def test_clock_change_ticks_is_empty_without_change(zone: dt.tzinfo, date: dt.date) -> None:
    assert clock_change_ticks(date, zone) == frozenset()


@HYPOTHESIS
@given(zone_and_date=zones_and_dates())
def test_clock_change_ticks_are_those_whose_minutes_are_not_shown_once(
    zone_and_date: tuple[ZoneInfo, dt.date],
) -> None:
    zone, date = zone_and_date
    shown = minutes_shown(zone, date)
    midnight = first_tick(date)
    assert clock_change_ticks(date, zone) == {
        midnight + minute // 5 for minute in range(1440) if shown[minute] != 1
    }


@HYPOTHESIS
@given(zone_and_date=zones_and_dates(), start=st.integers(0, 287), length=st.integers(1, 96))
def test_slot_shows_each_of_its_minutes_in_order_if_it_has_no_clock_change(
    zone_and_date: tuple[ZoneInfo, dt.date], start: int, length: int
) -> None:
    (zone, date), length = zone_and_date, min(length, 288 - start)
    slot = Slot(date, time_of(start * 5), length * 5)
    starts_at, ends_at = (
        at.astimezone(dt.UTC) for at in (slot.starts_at(zone), slot.ends_at(zone))
    )
    assert ends_at - starts_at == dt.timedelta(minutes=slot.duration_minutes)
    minutes = [dt.timedelta(minutes=minute) for minute in range(slot.duration_minutes)]
    passing = [(starts_at + after).astimezone(zone).replace(tzinfo=None) for after in minutes]
    written = [slot.start + after for after in minutes]
    shown = minutes_shown(zone, date)
    assert clock_change_ticks(date, zone).isdisjoint(slot.ticks) == (
        passing == written and all(shown[minute_of_day(at.time())] == 1 for at in written)
    )


@pytest.mark.parametrize(
    ("date", "time", "minutes", "start", "end"),
    [
        # Over the repeated hour: the end is the second occurrence of 02:30.
        (dt.date(2026, 10, 25), dt.time(1, 30), 120, "01:30:00+02:00", "02:30:00+01:00"),
        # In the repeated hour: the start is its first occurrence.
        (dt.date(2026, 10, 25), dt.time(2, 15), 30, "02:15:00+02:00", "02:45:00+02:00"),
        (dt.date(2026, 10, 25), dt.time(2, 30), 60, "02:30:00+02:00", "02:30:00+01:00"),
        # From and until the repeated hour.
        (dt.date(2026, 10, 25), dt.time(1), 60, "01:00:00+02:00", "02:00:00+02:00"),
        (dt.date(2026, 10, 25), dt.time(3), 60, "03:00:00+01:00", "04:00:00+01:00"),
        # Over the skipped hour, and until it.
        (dt.date(2026, 3, 29), dt.time(1, 30), 120, "01:30:00+01:00", "04:30:00+02:00"),
        (dt.date(2026, 3, 29), dt.time(1), 60, "01:00:00+01:00", "03:00:00+02:00"),
    ],
)
def test_slot_ends_its_duration_after_its_start(
    date: dt.date, time: dt.time, minutes: int, start: str, end: str
) -> None:
    slot = Slot(date, time, minutes)
    assert (slot.starts_at(BERLIN).isoformat(), slot.ends_at(BERLIN).isoformat()) == (
        f"{date}T{start}",
        f"{date}T{end}",
    )


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


def test_wall_tick_in_second_occurrence_over_midnight_is_after_it() -> None:
    # St. John's showed 23:01 to 00:00 twice, from 28 to 29 October 2006.
    zone = ZoneInfo("America/St_Johns")
    second_pass = dt.datetime(2006, 10, 28, 23, 20, tzinfo=zone, fold=1)
    assert wall_tick(second_pass, zone) == first_tick(dt.date(2006, 10, 29)) + 1


@HYPOTHESIS
@given(zone_and_date=zones_and_dates(), start=st.integers(-2000, 2000), length=st.integers(1, 2000))
def test_wall_ticks_of_a_period_are_the_regular_ticks_that_it_overlaps(
    zone_and_date: tuple[ZoneInfo, dt.date], start: int, length: int
) -> None:
    zone, date = zone_and_date
    noon = dt.datetime.combine(date, dt.time(12), dt.UTC)
    starts_at = noon + dt.timedelta(minutes=start)
    ends_at = starts_at + dt.timedelta(minutes=length)
    covered = range(wall_tick(starts_at, zone), wall_tick(ends_at, zone, round_up=True))
    shown = minutes_shown(zone, date)
    regular = [tick for tick in range(288) if all(shown[tick * 5 + n] == 1 for n in range(5))]

    def overlaps(tick: int) -> bool:
        starts = dt.datetime.combine(date, time_of(tick * 5), zone).astimezone(dt.UTC)
        return starts < ends_at and starts_at < starts + dt.timedelta(minutes=5)

    assert [first_tick(date) + tick in covered for tick in regular] == [
        overlaps(tick) for tick in regular
    ]


def test_wall_tick_in_second_occurrence_before_midnight_is_next_day() -> None:
    # Sao Paulo showed 23:00 to 23:59 twice on 17 February 2018.
    second_pass = dt.datetime(2018, 2, 17, 23, 20, tzinfo=SAO_PAULO, fold=1)
    assert wall_tick(second_pass, SAO_PAULO) == first_tick(dt.date(2018, 2, 18))
