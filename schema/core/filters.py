"""The comparisons that filters offer: few, indexable, and each null or left out without effect."""

import datetime as dt
from dataclasses import fields

import strawberry
from django.db.models import Q
from strawberry import UNSET

from schema.core.enums import Status
from schema.core.errors import CodedError, ErrorCode

MAX_LIST = 100
# Longer than any name; SQLite refuses long patterns, and the others take their time.
MAX_TEXT = 200
DJANGO_LOOKUPS = {"i_exact": "iexact", "in_list": "in"}


@strawberry.input(description="Compares a text.")
class TextLookup:
    exact: str | None = strawberry.field(default=UNSET, description="Is this.")
    i_exact: str | None = strawberry.field(default=UNSET, description="Is this, in any capitals.")
    in_list: list[str] | None = strawberry.field(
        default=UNSET, description="Is one of these, 100 at most."
    )


@strawberry.input(description="Compares a day.")
class DateLookup:
    exact: dt.date | None = strawberry.field(default=UNSET, description="Is this day.")
    gt: dt.date | None = strawberry.field(default=UNSET, description="Is after this day.")
    gte: dt.date | None = strawberry.field(default=UNSET, description="Is this day or later.")
    lt: dt.date | None = strawberry.field(default=UNSET, description="Is before this day.")
    lte: dt.date | None = strawberry.field(default=UNSET, description="Is this day or earlier.")


@strawberry.input(description="Compares a status.")
class StatusLookup:
    exact: Status | None = strawberry.field(default=UNSET, description="Is this.")
    in_list: list[Status] | None = strawberry.field(default=UNSET, description="Is one of these.")


def validate_search_text(text: str) -> str:
    """``text``, if it is no longer than anything it could find. Raises BAD_USER_INPUT."""
    if len(text) > MAX_TEXT:
        message = f"A text to look for has {MAX_TEXT} characters at most."
        raise CodedError(ErrorCode.BAD_USER_INPUT, message)
    return text


def build_condition(path: str, lookup: TextLookup | DateLookup | StatusLookup | None) -> Q:
    """The condition that ``path`` meets every comparison of ``lookup`` that was given."""
    condition = Q()
    if not lookup:
        return condition
    for name in (field.name for field in fields(lookup)):
        value = getattr(lookup, name)
        if value is None or value is UNSET:
            continue
        if isinstance(value, str):
            value = validate_search_text(value)
        if isinstance(value, list) and len(value) > MAX_LIST:
            raise CodedError(ErrorCode.BAD_USER_INPUT, f"`inList` takes {MAX_LIST} values at most.")
        condition &= Q(**{f"{path}__{DJANGO_LOOKUPS.get(name, name)}": value})
    return condition
