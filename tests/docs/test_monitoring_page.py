"""docs/operations/monitoring.md, the dashboard and the alert rules name what the server has."""

import json
import re
from typing import Any

import pytest
import yaml
from django.test import Client

from config.http.metrics import TaskQueueCollector
from tests.docs.pages import read, table_rows
from tests.support.log_lines import written_lines
from users.common import metrics

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.filterwarnings("ignore:unclosed database:ResourceWarning"),
]
PAGE = read("docs/operations/monitoring.md")
ALERTS: list[dict[str, Any]] = [
    rule
    for group in yaml.safe_load(read("docs/operations/files/alerts.yml"))["groups"]
    for rule in group["rules"]
]
DASHBOARD: dict[str, Any] = json.loads(read("docs/operations/files/dashboard.json"))
EXPRESSIONS = {
    **{rule["alert"]: rule["expr"] for rule in ALERTS},
    **{
        f"{panel['title']} {target['refId']}": target["expr"]
        for panel in DASHBOARD["panels"]
        for target in panel["targets"]
    },
}
NAME = re.compile(r"\b(?:cybermed|process)_\w+")
# What PromQL has besides metrics: functions, aggregations and keywords.
PROMQL = {
    *("absent", "and", "by", "histogram_quantile", "increase", "max", "on", "rate", "sum", "topk"),
    *("up", "job", "m", "h", "le"),
}


def section(title: str) -> str:
    return PAGE.partition(f"# {title}\n")[2].partition("\n#")[0]


def exposed() -> dict[str, set[str]]:
    """Return the labels of each metric by the name in the table."""
    families = {
        f"{family.name}_total" if family.type == "counter" else family.name: family
        for family in metrics.REGISTRY.collect()
    }
    by_name = {each._name: each for each in vars(metrics).values() if hasattr(each, "_labelnames")}  # noqa: SLF001 - no public name
    queue = {
        family.name: set(family.samples[0].labels) for family in TaskQueueCollector().collect()
    }
    own = {
        name: set(by_name[family.name]._labelnames)  # noqa: SLF001 - no public name
        for name, family in families.items()
        if family.name in by_name
    }
    return {**{name: set() for name in families}, **queue, **own}


def sample_names() -> set[str]:
    histograms = {each.name for each in metrics.REGISTRY.collect() if each.type == "histogram"}
    parts = {f"{name}_{part}" for name in histograms for part in ("bucket", "sum", "count")}
    return {*exposed(), *parts} - histograms


def test_monitoring_page_lists_every_metric_with_its_labels() -> None:
    documented = {
        name.strip("`"): set(re.findall(r"`(\w+)`", labels))
        for name, labels, _meaning in table_rows(section("Metrics"))
    }
    assert documented == exposed()


def test_monitoring_page_lists_every_alert_with_its_severity() -> None:
    documented = [cells[:2] for cells in table_rows(section("Dashboard and alerts"))]
    assert documented == [[f"`{rule['alert']}`", rule["labels"]["severity"]] for rule in ALERTS]


def test_monitoring_page_lists_every_field_of_a_request_line() -> None:
    rows = table_rows(section("Log lines"))
    documented = {
        name: present for fields, present, _ in rows for name in re.findall(r"\w+", fields)
    }
    with written_lines() as lines:
        Client().get("/healthz")
    assert {name for name, present in documented.items() if present == "always"} == set(lines[0])


@pytest.mark.parametrize("title", ["Log lines", "Slow statements"])
def test_monitoring_page_has_examples_with_documented_fields(title: str) -> None:
    [example] = re.findall(r"```json\n(.+)\n```", section(title))
    fields = set(re.findall(r"`(\w+)`", section("Log lines"))) | {"sql"}
    assert set(json.loads(example)) - fields == set()


@pytest.mark.parametrize("expression", EXPRESSIONS.values(), ids=EXPRESSIONS)
def test_expression_names_metrics_that_exist(expression: str) -> None:
    names = set(NAME.findall(expression))
    assert names | ({"up"} if "up{" in expression else set())
    assert names - sample_names() == set()


@pytest.mark.parametrize("expression", EXPRESSIONS.values(), ids=EXPRESSIONS)
def test_expression_is_balanced_and_names_known_labels(expression: str) -> None:
    plain = re.sub(r'"[^"]*"', "", expression.replace("$__rate_interval", "5m"))
    for pair in ("()", "{}", "[]"):
        assert plain.count(pair[0]) == plain.count(pair[1])
    labels = set().union(*exposed().values())
    words = set(re.findall(r"[a-z_]+", NAME.sub("", plain)))
    assert words - PROMQL - labels == set()


def test_alerts_have_unique_names_and_say_what_to_do() -> None:
    assert len({rule["alert"] for rule in ALERTS}) == len(ALERTS)
    assert {tuple(rule["annotations"]) for rule in ALERTS} == {("summary", "action")}


def test_dashboard_panels_have_places_of_their_own() -> None:
    places = [(panel["gridPos"]["x"], panel["gridPos"]["y"]) for panel in DASHBOARD["panels"]]
    assert len(set(places)) == len(places)
