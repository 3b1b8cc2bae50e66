"""Scalars: IDs, dates, times and uploads. Each accepts one format; instants need an offset."""

import datetime as dt
import re
from collections.abc import Callable
from typing import Any, TypeVar

import strawberry
from django.core.files.uploadedfile import UploadedFile
from django.utils import timezone
from graphql import GraphQLError, ValueNode, value_from_ast_untyped
from strawberry.file_uploads import Upload
from strawberry.types.scalar import ScalarDefinition

from schema.core.errors import CodedError, ErrorCode
from schema.core.global_ids import ID

Moment = TypeVar("Moment", dt.date, dt.time, dt.datetime)

DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
TIME = re.compile(r"\d{2}:\d{2}(:\d{2})?", re.ASCII)
# RFC 3339, 5.6, but the seconds are optional. `T` and `Z` can be lower-case.
DATE_TIME = re.compile(
    r"\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?([Zz]|[+-]\d{2}:\d{2})", re.ASCII
)


def _scalar(
    *,
    name: str,
    description: str,
    pattern: re.Pattern[str],
    read: Callable[[str], Moment],
    expected: str,
    serialize: Callable[[Moment], str],
    specified_by_url: str | None = None,
) -> ScalarDefinition:
    def parse(value: object) -> Moment:
        if isinstance(value, str) and pattern.fullmatch(value):
            try:
                return read(value)
            except (ValueError, OverflowError):
                pass  # the format is right, the date does not exist: February 30th
        raise CodedError(ErrorCode.BAD_USER_INPUT, f"Expected {expected}.")

    def parse_literal(node: ValueNode, variables: dict[str, Any] | None = None) -> Moment:
        try:
            return parse(value_from_ast_untyped(node, variables))
        except CodedError as error:
            raise GraphQLError(error.message, node, extensions=error.extensions) from error

    return strawberry.scalar(
        name=name,
        description=description,
        specified_by_url=specified_by_url,
        serialize=serialize,
        parse_value=parse,
        parse_literal=parse_literal,
    )


def _read_date_time(value: str) -> dt.datetime:
    # fromisoformat() truncates the fraction to microseconds, and reads an upper-case Z only.
    instant = dt.datetime.fromisoformat(value.upper())
    # Raises OverflowError for instants in the years 1 and 9999 that have no date in the zone.
    return timezone.localtime(instant, timezone.get_default_timezone())


def _print_time(value: dt.time) -> str:
    return value.isoformat(timespec="seconds")


def _print_date_time(value: dt.datetime) -> str:
    zone = timezone.get_default_timezone()
    # Most values are in the zone already, and lists of slots have hundreds of them.
    local = value if value.tzinfo is zone else timezone.localtime(value, zone)
    return local.isoformat(timespec="seconds")


def _read_upload(value: object) -> object:
    if not isinstance(value, UploadedFile):
        raise CodedError(ErrorCode.BAD_USER_INPUT, "Expected a file in a multipart request.")
    return value


SCALARS: dict[object, ScalarDefinition] = {
    strawberry.ID: ID,
    dt.date: _scalar(
        name="Date",
        description="Date in the clinic's time zone, in ISO 8601 format: `2026-03-02`.",
        pattern=DATE,
        read=dt.date.fromisoformat,
        expected="a date, YYYY-MM-DD",
        serialize=dt.date.isoformat,
    ),
    dt.time: _scalar(
        name="Time",
        description="Time of day in the clinic's time zone, without a UTC offset. Input format: "
        "`HH:MM` or `HH:MM:SS`. Output format: `HH:MM:SS`.",
        pattern=TIME,
        read=dt.time.fromisoformat,
        expected="a time without an offset, HH:MM or HH:MM:SS",
        serialize=_print_time,
    ),
    dt.datetime: _scalar(
        name="DateTime",
        description="Instant in the format of RFC 3339: `2026-03-02T09:30:00+01:00`. Input needs a "
        "UTC offset or `Z`. It can have up to nine digits of a fraction of a second, which is "
        "truncated to microseconds, and `t` and `z` in lower case. Output has whole seconds and "
        "the UTC offset of the clinic's time zone.",
        specified_by_url="https://scalars.graphql.org/andimarek/date-time.html",
        pattern=DATE_TIME,
        read=_read_date_time,
        expected="an instant with its offset, YYYY-MM-DDTHH:MM:SS+HH:MM",
        serialize=_print_date_time,
    ),
    Upload: strawberry.scalar(
        name="Upload",
        description="File of a multipart request. See "
        "https://github.com/jaydenseric/graphql-multipart-request-spec.",
        parse_value=_read_upload,
    ),
}
