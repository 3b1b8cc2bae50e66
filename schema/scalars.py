"""Dates and times on the wire: one spelling each, and never a guess about the zone."""

import datetime as dt
import re
from collections.abc import Callable
from typing import TypeVar

import strawberry
from django.utils import timezone
from strawberry.types.scalar import ScalarDefinition

from schema.errors import CodedError, ErrorCode

Moment = TypeVar("Moment", dt.date, dt.time, dt.datetime)

DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
TIME = re.compile(r"\d{2}:\d{2}(:\d{2})?", re.ASCII)
DATE_TIME = re.compile(
    r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?(Z|[+-]\d{2}:\d{2})", re.ASCII
)


def _parser(
    pattern: re.Pattern[str], read: Callable[[str], Moment], expected: str
) -> Callable[[object], Moment]:
    def parse(value: object) -> Moment:
        if isinstance(value, str) and pattern.fullmatch(value):
            try:
                return read(value)
            except (ValueError, OverflowError):
                pass  # well spelt and still no date: February 30th
        raise CodedError(ErrorCode.BAD_USER_INPUT, f"Expected {expected}.")

    return parse


def _read_date_time(value: str) -> dt.datetime:
    # Years 1 and 9999 have instants that no other zone can name.
    return timezone.localtime(dt.datetime.fromisoformat(value), timezone.get_default_timezone())


def _print_time(value: dt.time) -> str:
    return value.isoformat(timespec="seconds")


def _print_date_time(value: dt.datetime) -> str:
    return timezone.localtime(value, timezone.get_default_timezone()).isoformat(timespec="seconds")


SCALARS: dict[object, ScalarDefinition] = {
    dt.date: strawberry.scalar(
        name="Date",
        description="A day on the clinic's calendar, `YYYY-MM-DD`.",
        serialize=dt.date.isoformat,
        parse_value=_parser(DATE, dt.date.fromisoformat, "a date, YYYY-MM-DD"),
    ),
    dt.time: strawberry.scalar(
        name="Time",
        description="A time on the clinic's wall clock: sent as `HH:MM` or `HH:MM:SS`, "
        "without an offset; answered as `HH:MM:SS`.",
        serialize=_print_time,
        parse_value=_parser(
            TIME, dt.time.fromisoformat, "a time without an offset, HH:MM or HH:MM:SS"
        ),
    ),
    dt.datetime: strawberry.scalar(
        name="DateTime",
        description="An instant in ISO 8601, `2026-03-02T09:30:00+01:00`: sent with its offset "
        "(or `Z`), answered to the second with the clinic's.",
        specified_by_url="https://scalars.graphql.org/andimarek/date-time.html",
        serialize=_print_date_time,
        parse_value=_parser(
            DATE_TIME, _read_date_time, "an instant with its offset, YYYY-MM-DDTHH:MM:SS+HH:MM"
        ),
    ),
}
