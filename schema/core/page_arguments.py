"""The arguments of a page: which of them can have a prepared one, and what decides its SQL."""

import datetime as dt
from collections.abc import Hashable, Iterator, Mapping
from enum import Enum
from itertools import islice
from typing import Any, NamedTuple

from schema.core.pagination import DEFAULT_PAGE, MAX_PAGE

FIRST, AFTER, FILTERS, ORDERING = "first", "after", "filters", "ordering"
# Filters and orders with more names, brackets and values are rarely the same again.
MAX_TOKENS, MAX_TEXT = 60, 100
# The values in filters and orders. A date with a time has equal ones in other zones.
SIMPLE = (bool, int, str, dt.date, dt.time, Enum, type(None))

# Stands for a value that is not one of these, or is a long text.
UNKNOWN = object()


class PageRequest(NamedTuple):
    """What the arguments of a page ask for.

    ``criteria`` are its filters and its order; ``criteria_key`` is equal for equal ones.
    """

    first: int
    after: str | None
    criteria: Mapping[str, Any]
    criteria_key: tuple[Hashable, ...]


def read_arguments(arguments: Mapping[str, Any]) -> PageRequest | None:
    """Return what the arguments ask for; None if only the resolver returns or rejects it."""
    first = arguments.get(FIRST)
    first = DEFAULT_PAGE if first is None else first
    criteria = {name: arguments.get(name) for name in (FILTERS, ORDERING)}
    known = {FIRST, AFTER, *criteria}
    others = (value for name, value in arguments.items() if name not in known)
    # The resolver rejects other sizes.
    if any(value is not None for value in others) or not 0 <= first <= MAX_PAGE:
        return None
    criteria_key = tuple(islice(_flattened(criteria), MAX_TOKENS + 1))
    if len(criteria_key) > MAX_TOKENS or UNKNOWN in criteria_key:
        return None
    return PageRequest(first, arguments.get(AFTER), criteria, criteria_key)


def _flattened(value: Any) -> Iterator[Hashable]:
    """Yield the values in an argument, with their names and types; or ``UNKNOWN``."""
    if isinstance(value, dict):
        yield "{"
        for name, inside in value.items():
            yield name
            yield from _flattened(inside)
        yield "}"
    elif isinstance(value, list):
        yield "["
        for inside in value:
            yield from _flattened(inside)
        yield "]"
    elif isinstance(value, dt.datetime) or not isinstance(value, SIMPLE):
        yield UNKNOWN
    else:
        is_long = isinstance(value, str) and len(value) > MAX_TEXT
        yield UNKNOWN if is_long else (type(value), value)
