"""Queryset helpers."""

from collections.abc import Iterable
from typing import TypeVar

from django.db import models

M_co = TypeVar("M_co", bound=models.Model, covariant=True)
Row = TypeVar("Row")


def first_or_none(rows: Iterable[Row]) -> Row | None:
    """Return the first row, or None.

    For values, raw SQL and untyped querysets; model querysets have ``get_or_none()``.
    """
    return next(iter(rows), None)


class QuerySet(models.QuerySet[M_co]):
    """Base class of the project's querysets."""

    def get_or_none(self) -> M_co | None:
        """Return the first row, or None. Meant for a condition that at most one row meets.

        Unlike ``first()`` it adds no ORDER BY: compiling one takes Django a quarter of the
        time of the whole query.
        """
        return first_or_none(self)
