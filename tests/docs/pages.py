"""The documentation as the tests read it."""

import re
from pathlib import Path

from django.conf import settings

ROOT = Path(settings.BASE_DIR)
# Paths from the top folder of the repository. CHANGELOG.md is left out: it also names what is gone.
PAGES = sorted(
    [
        *(path.relative_to(ROOT).as_posix() for path in (ROOT / "docs").rglob("*.md")),
        *("README.md", "CONTRIBUTING.md", "SECURITY.md"),
    ]
)


def read(page: str) -> str:
    return (ROOT / page).read_text(encoding="utf-8")


def table_rows(text: str) -> list[list[str]]:
    """Return the cells of each table row, without header and separator rows."""
    rows = [
        [cell.strip() for cell in line.strip("|").split(" | ")]
        for line in re.findall(r"^\|(.*)\|$", text, re.MULTILINE)
    ]
    separators = [place for place, cells in enumerate(rows) if set("".join(cells)) <= set("-:| ")]
    headers = [place - 1 for place in separators]
    return [cells for place, cells in enumerate(rows) if place not in {*separators, *headers}]
