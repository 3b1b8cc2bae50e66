"""Slow SQL statements are logged once, without their values."""

import pytest
from django.db import connection
from django.test import Client
from pytest_django import Settings

from config.logging.statements import MAX_SQL_LENGTH, without_values
from tests.support.failing_app import SLEEP, sleep
from tests.support.log_lines import LogLine, without_varying, written_lines


def lines_of_slow_query(settings: Settings, milliseconds: int) -> list[LogLine]:
    settings.ROOT_URLCONF = "tests.support.failing_app"
    settings.SLOW_QUERY_MILLISECONDS = milliseconds
    body = {"query": "query Slow { slow }"}
    with written_lines() as lines:
        Client().post(
            "/graphql/", body, content_type="application/json", headers={"X-Request-ID": "r1"}
        )
    return [without_varying(line) for line in lines if line["logger"] != "cybermed.request"]


def expected_line(**fields: str) -> LogLine:
    return {
        "level": "WARNING",
        "logger": "cybermed.slow_query",
        "request_id": "r1",
        "trace_id": "",
        "message": "slow statement",
        "operation": "Slow",
        "sql": f"{SLEEP[connection.vendor]} WHERE ? NOT IN (?, …)",
        **fields,
    }


@pytest.mark.django_db
def test_slow_statement_is_logged_once_with_its_operation(settings: Settings) -> None:
    assert lines_of_slow_query(settings, 500) == [expected_line()]


@pytest.mark.django_db
@pytest.mark.parametrize("milliseconds", [0, 3_600_000])
def test_statement_is_not_logged_below_the_limit(settings: Settings, milliseconds: int) -> None:
    assert lines_of_slow_query(settings, milliseconds) == []


@pytest.mark.django_db
def test_slow_statement_outside_of_a_request_is_logged(settings: Settings) -> None:
    settings.SLOW_QUERY_MILLISECONDS = 500
    with written_lines() as lines:
        sleep()
    [line] = map(without_varying, lines)
    assert {**line, "request_id": "r1", "operation": "Slow"} == expected_line()
    assert lines[0]["duration_ms"] > 500


@pytest.mark.parametrize(
    ("sql", "logged"),
    [
        (
            'SELECT "a1"."b2" FROM t3 WHERE id IN (1, 2, 30)',
            'SELECT "a1"."b2" FROM t3 WHERE id IN (?, …)',
        ),
        (
            "SELECT `a1` FROM t WHERE b = 'it''s 5' AND c > -1.5",
            "SELECT `a1` FROM t WHERE b = ? AND c > -?",
        ),
        (
            "SELECT U0.id FROM t U0 WHERE a = %s LIMIT 21",
            "SELECT U0.id FROM t U0 WHERE a = %s LIMIT ?",
        ),
        ("INSERT INTO t VALUES (%s, %s, %s)", "INSERT INTO t VALUES (%s, …)"),
        ("SELECT 'a' || '' || 'b'", "SELECT ? || ? || ?"),
        ("x" * (MAX_SQL_LENGTH + 1), "x" * MAX_SQL_LENGTH + "…"),
    ],
)
def test_without_values_replaces_literals(sql: str, logged: str) -> None:
    assert without_values(sql) == logged
