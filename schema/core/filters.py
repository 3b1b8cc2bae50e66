"""Lookups for filter inputs. A lookup that is null or omitted has no effect."""

import datetime as dt
from dataclasses import fields

import strawberry
from django.db.models import Q
from strawberry import UNSET

from schema.core.enums import Status
from schema.core.errors import CodedError, ErrorCode
from users.folded_fields import contains_words
from users.folding import equality_key, search_terms
from users.text import to_nfc

MAX_LIST = 100
# Longer than any name. SQLite rejects long LIKE patterns, other databases match them slowly.
# The admin accepts 600 characters (users/admin/request_checks.py), because its search box
# takes several words: a whole name and an email address.
MAX_SEARCH_LENGTH = 200
MAX_SEARCH_WORDS = 10
DJANGO_LOOKUPS = {"in_list": "in"}
SEARCH_RULES = (
    "Ignores case, accents, hyphens, apostrophes, commas and titles such as `Dr. med.`. At most "
    "200 characters; only the first 10 words are used."
)


@strawberry.input(description="Conditions on a text. All given conditions must match.")
class TextLookup:
    exact: str | None = strawberry.field(default=UNSET, description="Equal to this text.")
    i_exact: str | None = strawberry.field(
        default=UNSET,
        description="Equal to this text, ignoring case, spacing, and which hyphens and "
        "apostrophes are typed. Accents count.",
    )
    in_list: list[str] | None = strawberry.field(
        default=UNSET, description="Equal to one of these texts, at most 100."
    )


@strawberry.input(description="Conditions on a date. All given conditions must match.")
class DateLookup:
    exact: dt.date | None = strawberry.field(default=UNSET, description="On this date.")
    gt: dt.date | None = strawberry.field(default=UNSET, description="After this date.")
    gte: dt.date | None = strawberry.field(default=UNSET, description="On or after this date.")
    lt: dt.date | None = strawberry.field(default=UNSET, description="Before this date.")
    lte: dt.date | None = strawberry.field(default=UNSET, description="On or before this date.")


@strawberry.input(description="Conditions on a status. All given conditions must match.")
class StatusLookup:
    exact: Status | None = strawberry.field(default=UNSET, description="Equal to this status.")
    in_list: list[Status] | None = strawberry.field(
        default=UNSET, description="Equal to one of these statuses, at most 100."
    )


def validate_search_text(text: str) -> str:
    """Return ``text``. Raises CodedError (BAD_USER_INPUT) if it is too long."""
    if len(text) > MAX_SEARCH_LENGTH:
        message = f"Search texts are limited to {MAX_SEARCH_LENGTH} characters."
        raise CodedError(ErrorCode.BAD_USER_INPUT, message)
    return text


def search_condition(text: str | None, *paths: str) -> Q:
    """Return the condition that each of the first 10 words of ``text`` occurs in one of ``paths``.

    The paths lead to search keys (``SearchKeyField``). Raises BAD_USER_INPUT for a text that is
    too long.
    """
    terms = search_terms(validate_search_text(text or ""))
    words = [word for term in terms for word in term.words]
    return contains_words(words[:MAX_SEARCH_WORDS], *paths)


def build_condition(path: str, lookup: TextLookup | DateLookup | StatusLookup | None) -> Q:
    """Return the condition that the field at ``path`` matches all given lookups.

    ``iExact`` compares the ``EqualityKeyField`` that is named like the field, with ``_key``.
    Raises CodedError (BAD_USER_INPUT) if a text or a list is too long.
    """
    condition = Q()
    if not lookup:
        return condition
    for name in (field.name for field in fields(lookup)):
        value = getattr(lookup, name)
        if value is None or value is UNSET:
            continue
        if isinstance(value, str):
            value = to_nfc(validate_search_text(value))
        if isinstance(value, list):
            if len(value) > MAX_LIST:
                message = f"`inList` accepts at most {MAX_LIST} values."
                raise CodedError(ErrorCode.BAD_USER_INPUT, message)
            value = [to_nfc(item) if isinstance(item, str) else item for item in value]
        if name == "i_exact":
            condition &= Q(**{f"{path}_key": equality_key(value)})
        else:
            condition &= Q(**{f"{path}__{DJANGO_LOOKUPS.get(name, name)}": value})
    return condition
