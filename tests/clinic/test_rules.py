"""The pure booking rules of ``clinic.rules``."""

import datetime as dt
from zoneinfo import ZoneInfo

import pytest

from clinic.rules import BookingWindow, has_started, slot_violation
from clinic.slots import MINUTES_PER_DAY, Slot, clock_change_ticks, minute_of_day, time_of

BERLIN = ZoneInfo("Europe/Berlin")
LORD_HOWE = ZoneInfo("Australia/Lord_Howe")
TUESDAY = dt.date(2026, 3, 3)


def shape_answer(slot: Slot, zone: ZoneInfo = BERLIN) -> str | None:
    problem = slot_violation(slot, zone)
    return problem and f"{problem.field}: {problem.code}"


@pytest.mark.parametrize(
    ("date", "time", "minutes"),
    [
        (TUESDAY, dt.time(9), 5),
        (TUESDAY, dt.time(9), 480),
        (TUESDAY, dt.time(0), 30),
        (TUESDAY, dt.time(23, 30), 30),
        (dt.date(2028, 2, 29), dt.time(9), 30),
        (dt.date.min, dt.time(9), 30),
        (dt.date(9999, 12, 30), dt.time(23, 30), 30),
        # Until the skipped and the repeated hour, and from their end.
        (dt.date(2026, 3, 29), dt.time(1, 30), 30),
        (dt.date(2026, 3, 29), dt.time(3), 30),
        (dt.date(2026, 10, 25), dt.time(1, 30), 30),
        (dt.date(2026, 10, 25), dt.time(3), 30),
    ],
)
def test_slot_violation_is_none_on_grid_within_one_day(
    date: dt.date, time: dt.time, minutes: int
) -> None:
    assert shape_answer(Slot(date, time, minutes)) is None


@pytest.mark.parametrize(
    ("date", "time", "minutes", "answer"),
    [
        (TUESDAY, dt.time(9, 1), 30, "time: off_grid"),
        (TUESDAY, dt.time(9, 0, 30), 30, "time: off_grid"),
        (TUESDAY, dt.time(9, 0, 0, 1), 30, "time: off_grid"),
        (TUESDAY, dt.time(9), 32, "duration_minutes: off_grid"),
        (TUESDAY, dt.time(9), 0, "duration_minutes: invalid"),
        (TUESDAY, dt.time(9), -30, "duration_minutes: invalid"),
        (TUESDAY, dt.time(9), 485, "duration_minutes: invalid"),
        (TUESDAY, dt.time(23, 30), 35, "duration_minutes: invalid"),
        (dt.date.max, dt.time(9), 30, "date: beyond_horizon"),
        (dt.date(2026, 3, 29), dt.time(1, 30), 35, "time: nonexistent_time"),
        (dt.date(2026, 3, 29), dt.time(2, 55), 30, "time: nonexistent_time"),
        (dt.date(2026, 10, 25), dt.time(1, 30), 35, "time: nonexistent_time"),
        (dt.date(2026, 10, 25), dt.time(2, 55), 30, "time: nonexistent_time"),
        (dt.date(2026, 10, 25), dt.time(1, 30), 120, "time: nonexistent_time"),
        (dt.date(2027, 10, 31), dt.time(2, 30), 60, "time: nonexistent_time"),
        # Several rules broken: the first in the documented order is reported.
        (TUESDAY, dt.time(9, 1), 485, "time: off_grid"),
        (dt.date(2026, 3, 29), dt.time(2, 1), 30, "time: off_grid"),
        (dt.date(2026, 3, 29), dt.time(2), 485, "duration_minutes: invalid"),
    ],
)
def test_slot_violation_names_field_and_code(
    date: dt.date, time: dt.time, minutes: int, answer: str
) -> None:
    assert shape_answer(Slot(date, time, minutes)) == answer


@pytest.mark.parametrize(
    ("day", "change"),
    [(dt.date(2026, 10, 4), dt.time(2)), (dt.date(2026, 4, 5), dt.time(1, 30))],
)
def test_slot_violation_for_the_half_hours_of_lord_howe(day: dt.date, change: dt.time) -> None:
    start = minute_of_day(change)
    starts = [time_of(start + minutes) for minutes in (-30, -25, 0, 25, 30)]
    assert [shape_answer(Slot(day, start, 30), LORD_HOWE) for start in starts] == [
        None,
        "time: nonexistent_time",
        "time: nonexistent_time",
        "time: nonexistent_time",
        None,
    ]


def window_answers(window: BookingWindow, *slots: Slot) -> list[str | None]:
    problems = [window.violation(slot) for slot in slots]
    return [problem and f"{problem.field}: {problem.code}" for problem in problems]


def test_window_and_has_started_at_exact_start() -> None:
    slot = Slot(TUESDAY, dt.time(9), 30)
    nine = dt.datetime(2026, 3, 3, 9, tzinfo=BERLIN)
    moments = [nine - dt.timedelta(microseconds=1), nine, nine + dt.timedelta(microseconds=1)]
    assert [
        (has_started(slot, now), *window_answers(BookingWindow(now), slot)) for now in moments
    ] == [(False, None), (True, None), (True, "time: in_the_past")]


def test_window_violation_in_past_names_date_or_time() -> None:
    window = BookingWindow(dt.datetime(2026, 3, 3, 9, 30, tzinfo=BERLIN))
    yesterday, earlier = Slot(dt.date(2026, 3, 2), dt.time(12), 30), Slot(TUESDAY, dt.time(9), 30)
    assert window_answers(window, yesterday, earlier) == [
        "date: in_the_past",
        "time: in_the_past",
    ]


def test_window_lead_time_is_exact_to_the_microsecond() -> None:
    slot = Slot(TUESDAY, dt.time(9), 30)
    eight = dt.datetime(2026, 3, 3, 8, tzinfo=BERLIN)
    hour = dt.timedelta(hours=1)
    assert [
        window_answers(BookingWindow(now, hour), slot)
        for now in (eight, eight + dt.timedelta(microseconds=1))
    ] == [[None], ["time: lead_time_too_short"]]


def test_window_lead_time_is_elapsed_time_over_skipped_hour() -> None:
    # At 01:59:59 the clock jumps to 03:00; an hour later it is 03:59:59.
    now = dt.datetime(2026, 3, 29, 1, 59, 59, tzinfo=BERLIN)
    day = now.date()
    assert window_answers(
        BookingWindow(now, dt.timedelta(hours=1)),
        Slot(day, dt.time(3, 55), 30),
        Slot(day, dt.time(4), 30),
    ) == ["time: lead_time_too_short", None]


def test_window_in_second_occurrence_of_repeated_hour_is_past() -> None:
    now = dt.datetime(2026, 10, 25, 2, 0, tzinfo=BERLIN, fold=1)
    slot = Slot(now.date(), dt.time(2, 30), 30)
    assert (window_answers(BookingWindow(now), slot), has_started(slot, now)) == (
        ["time: in_the_past"],
        True,
    )


def test_window_includes_last_day() -> None:
    now = dt.datetime(2026, 3, 2, 8, tzinfo=BERLIN)
    window = BookingWindow(now, last_day=dt.date(2026, 3, 10))
    slots = [Slot(dt.date(2026, 3, day), dt.time(23, 30), 30) for day in (10, 11)]
    assert window_answers(window, *slots) == [None, "date: beyond_horizon"]


@pytest.mark.parametrize(
    "now",
    [
        dt.datetime(2026, 3, 2, 8, tzinfo=BERLIN),
        dt.datetime(2026, 3, 28, 23, 59, 59, tzinfo=BERLIN),
        dt.datetime(2026, 10, 25, 2, 30, tzinfo=BERLIN, fold=1),
        dt.datetime(2026, 4, 4, 20, tzinfo=LORD_HOWE),
    ],
)
def test_first_minute_agrees_with_violation_of_each_slot(now: dt.datetime) -> None:
    days = [now.date() + dt.timedelta(days=n) for n in range(-1, 9)]
    minutes = range(0, MINUTES_PER_DAY, 5)
    for hours in (0, 3, 26):
        window = BookingWindow(now, dt.timedelta(hours=hours), now.date() + dt.timedelta(days=6))
        opens = window.opens_at.astimezone(now.tzinfo).date()
        inside = {
            day: [m for m in minutes if not window.violation(Slot(day, time_of(m), 5))]
            for day in days
        }
        first = {day: window.first_minute(day) for day in days}
        # Unknown only where the clock changes on the day on which the window opens.
        unknown = [day for day in days if first[day] is None]
        assert unknown == [
            day for day in days if day == opens and clock_change_ticks(day, window.zone)
        ]
        assert {day: inside[day] for day in days if day not in unknown} == {
            day: [m for m in minutes if m >= minute]
            for day, minute in first.items()
            if minute is not None
        }


def test_window_without_last_day_includes_last_year() -> None:
    window = BookingWindow(dt.datetime(2026, 3, 2, 8, tzinfo=BERLIN))
    slots = [Slot(dt.date.min, dt.time(9), 30), Slot(dt.date(9999, 12, 30), dt.time(9), 30)]
    assert window_answers(window, *slots) == ["date: in_the_past", None]
