"""README's code is what the clients' tests run (``make test-clients``)."""

import re
from pathlib import Path

import pytest
from django.conf import settings

ROOT = Path(settings.BASE_DIR)
COPY = re.compile(
    r"^<!-- from (?P<source>\S+) -->\n```\w+\n(?P<code>.*?\n)```$", re.DOTALL | re.MULTILINE
)
README = (ROOT / "README.md").read_text(encoding="utf-8")
FOR_FRONT_ENDS = README.partition("\n## For front ends\n")[2].partition("\n## ")[0]
COPIES = [(copy["source"], copy["code"]) for copy in COPY.finditer(FOR_FRONT_ENDS)]


@pytest.mark.parametrize(("source", "code"), COPIES)
def test_code_in_the_readme_is_a_copy_of_what_runs(source: str, code: str) -> None:
    assert code in (ROOT / source).read_text(encoding="utf-8")


def test_all_code_for_front_ends_is_such_a_copy() -> None:
    assert len(COPIES) == FOR_FRONT_ENDS.count("```") // 2 > 0


def test_every_file_the_readme_shows_is_there() -> None:
    shown = re.findall(r"\]\((tests/clients/[^)]+)\)", FOR_FRONT_ENDS)
    assert [path for path in shown if not (ROOT / path).exists()] == []
    assert len(shown) > 2


def test_the_front_end_is_as_short_as_the_readme_says() -> None:
    said = re.search(r"under (\d+) lines", FOR_FRONT_ENDS)
    assert said
    sources = (ROOT / "tests/clients/web/src").glob("*.*")
    lines = [line for path in sources for line in path.read_text(encoding="utf-8").splitlines()]
    assert len(lines) < int(said[1])
