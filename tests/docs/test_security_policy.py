"""Each threat in SECURITY.md names its tests, and every security test is named there."""

import re

from tests.docs.pages import ROOT, read, table_rows

TESTS = {
    threat: re.findall(r"`(tests/[\w./]+)`", tests)
    for threat, _behaviour, tests in table_rows(
        read("SECURITY.md").partition("\n## Measured attacks")[0]
    )
}


def test_security_policy_names_a_test_for_each_threat() -> None:
    assert len(TESTS) > 20
    assert [threat for threat, paths in TESTS.items() if not paths] == []


def test_security_policy_names_all_security_tests() -> None:
    existing = {f"tests/security/{path.name}" for path in ROOT.glob("tests/security/test_*.py")}
    assert sorted(existing - {path for paths in TESTS.values() for path in paths}) == []
