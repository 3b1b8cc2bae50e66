"""A model of pagination without a database: the rows of a page, and whether there are more."""

from collections.abc import Sequence
from typing import NamedTuple

DEFAULT_PAGE = 20


class Page(NamedTuple):
    """The rows of a page, and whether the list has rows before and after it."""

    rows: list[int]
    has_previous: bool
    has_next: bool


def page_of(
    rows: Sequence[int],
    *,
    first: int | None = None,
    last: int | None = None,
    after: int | None = None,
    before: int | None = None,
) -> Page:
    """Return a page of ``rows``, which are ascending numbers.

    ``after`` and ``before`` are such numbers, too; the rows can lack them.
    """
    up_to_after = [row for row in rows if after is not None and row <= after]
    from_before = [row for row in rows if before is not None and row >= before]
    between = [row for row in rows if row not in up_to_after and row not in from_before]
    if first is None and last is None:
        first = DEFAULT_PAGE
    forward = between if first is None else between[:first]
    page = forward if last is None else forward[max(0, len(forward) - last) :]
    if page:
        return Page(page, rows[0] < page[0], page[-1] < rows[-1])
    # An empty page is between the rows that its arguments leave out.
    return Page(
        page,
        has_previous=bool(up_to_after or forward),
        has_next=bool(from_before or len(forward) < len(between)),
    )
