"""SECURITY.md is true: each threat names tests that are there, and no test is left out."""

import re
from pathlib import Path

from django.conf import settings

POLICY = Path(settings.BASE_DIR, "SECURITY.md").read_text(encoding="utf-8")
TESTS = Path(settings.BASE_DIR, "tests")
# The threat, and the tests in the last cell of its row.
ROWS = {
    threat: re.findall(r"`([\w./]+)`", shown_by)
    for threat, shown_by in re.findall(r"^\| ([^|]+) \|.*\| ([^|]+) \|$", POLICY, re.MULTILINE)
    if threat != "Threat"
}
NAMED = {path for paths in ROWS.values() for path in paths}


def test_every_threat_names_a_test() -> None:
    assert len(ROWS) == POLICY.count("\n| ") - 1
    assert [threat for threat, paths in ROWS.items() if not paths] == []


def test_every_test_it_names_is_there() -> None:
    assert [path for path in sorted(NAMED) if not (TESTS / path).exists()] == []


def test_every_test_of_security_is_named() -> None:
    there = {f"security/{path.name}" for path in (TESTS / "security").glob("test_*.py")}
    assert sorted(there - NAMED) == []
