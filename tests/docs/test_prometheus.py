"""Prometheus itself loads the alert rules, and parses the expressions of the dashboard."""

import shutil
import subprocess
from pathlib import Path

import yaml

from tests.docs.test_monitoring_page import ALERTS, EXPRESSIONS
from tests.production.files import FILES
from tests.support.required_databases import skip_or_fail


def check(rules: Path) -> tuple[int, str]:
    """Return the exit status and the messages of ``promtool check rules``."""
    program = shutil.which("promtool")
    if program is None:
        skip_or_fail("promtool is left out: Debian's package prometheus is not installed")
    done = subprocess.run(  # noqa: S603 - Prometheus's own program
        [program, "check", "rules", str(rules)], capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout + done.stderr


def rules_of(folder: Path, expressions: list[str]) -> Path:
    """Write a file with a rule for each expression."""
    rules = [{"record": f"expression:{n}", "expr": expr} for n, expr in enumerate(expressions)]
    path = folder / "rules.yml"
    path.write_text(yaml.safe_dump({"groups": [{"name": "dashboard", "rules": rules}]}))
    return path


def test_prometheus_loads_the_alert_rules() -> None:
    status, messages = check(FILES / "alerts.yml")
    assert (status, f"SUCCESS: {len(ALERTS)} rules found" in messages) == (0, True), messages


def test_prometheus_parses_the_expressions_of_the_dashboard(tmp_path: Path) -> None:
    # The interval is a variable of Grafana.
    expressions = [each.replace("$__rate_interval", "5m") for each in EXPRESSIONS.values()]
    status, messages = check(rules_of(tmp_path, expressions))
    assert (status, f"SUCCESS: {len(expressions)} rules found" in messages) == (0, True), messages


def test_prometheus_rejects_an_invalid_expression(tmp_path: Path) -> None:
    """The negative control."""
    status, messages = check(rules_of(tmp_path, ["sum by (status (rate(x[5m]))"]))
    assert (status, "could not parse expression" in messages) == (1, True), messages
