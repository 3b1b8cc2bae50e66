"""The documented drills are those that run."""

from tests.docs.pages import read, table_rows
from tests.drills.__main__ import MODULES


def test_page_lists_every_drill() -> None:
    rows = table_rows(read("docs/operations/drills.md"))
    assert tuple(name.strip("`") for name, *_ in rows) == MODULES
