"""The client code in docs/api is what the tests of the clients run (``make test-clients``)."""

import re

import pytest

from tests.docs.pages import ROOT, read

COPY = re.compile(
    r"^<!-- from (?P<source>\S+) -->\n```\w+\n(?P<code>.*?\n)```$", re.DOTALL | re.MULTILINE
)
PAGES = ("docs/api/clients.md", "docs/api/persisted-documents.md")
COPIES = [(copy["source"], copy["code"]) for page in PAGES for copy in COPY.finditer(read(page))]


@pytest.mark.parametrize(("source", "code"), COPIES)
def test_snippet_is_a_copy_of_its_source(source: str, code: str) -> None:
    assert code in (ROOT / source).read_text(encoding="utf-8")


def test_snippets_all_name_their_source() -> None:
    assert len(COPIES) == sum(read(page).count("```") for page in PAGES) // 2 > 0
