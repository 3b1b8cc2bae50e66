"""The documented drills are those that run."""

import pytest

from tests.docs.pages import read, table_rows
from tests.drills.__main__ import MODULES

LIST, _, ONE_RUN = read("docs/operations/drills.md").partition("\n## One run\n")


@pytest.mark.parametrize("part", [LIST, ONE_RUN], ids=["list", "figures"])
def test_page_lists_every_drill(part: str) -> None:
    assert tuple(name.strip("`") for name, *_ in table_rows(part)) == MODULES
