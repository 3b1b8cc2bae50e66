"""Rows that one list answers, so that what is asked of one is found out for all.

The optimizer loads relations that way. What has to be worked out (open slots, the
visits inside a time off) is asked of row after row: here the first one asks for all.
"""

from collections.abc import Callable, Iterable
from typing import Any, Generic, TypeVar

from django.db.models import Model

from clinic.models import Appointment
from schema.core.context import Info

Row = TypeVar("Row", bound=Model)
Answers = TypeVar("Answers")

ATTRIBUTE = "_answered_together"


class RowBatch(Generic[Row]):
    """Some rows, and what has been found out about them."""

    def __init__(self, rows: Iterable[Row]) -> None:
        self._rows = list(rows)
        self._found: dict[tuple[int, ...], Any] = {}

    def find(self, info: Info, for_all: Callable[[list[Row]], Answers]) -> Answers:
        """What ``for_all`` makes of all the rows, worked out once for a place in the document.

        The place, not the field: under another alias it has other arguments.
        """
        place = tuple(id(node) for node in info._raw_info.field_nodes)  # noqa: SLF001 - Strawberry has no public way to it
        if place not in self._found:
            self._found[place] = for_all(self._rows)
        return self._found[place]  # type: ignore[no-any-return]  # a place has one kind of answers


def attach_batch(rows: Iterable[Model]) -> None:
    """Let rows know each other: these, and the doctors of visits among them."""
    listed = list(rows)
    _attach(listed)
    visits = [row for row in listed if isinstance(row, Appointment)]
    _attach([visit.doctor for visit in visits if Appointment.doctor.is_cached(visit)])


def batch_of(row: Row) -> RowBatch[Row]:
    """Those that ``row`` is answered with; itself alone unless it is of a list."""
    return vars(row).setdefault(ATTRIBUTE, RowBatch([row]))  # type: ignore[no-any-return]  # vars() is untyped


def _attach(rows: list[Any]) -> None:
    together = RowBatch(rows)
    for row in rows:
        vars(row)[ATTRIBUTE] = together
