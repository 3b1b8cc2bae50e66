from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from config.databases import tuned
from config.environment import database_url

BASE = Path("/srv/clinic")


def at(monkeypatch: pytest.MonkeyPatch, url: str) -> dict[str, Any]:
    monkeypatch.setenv("DATABASE_URL", url)
    return tuned(database_url("DATABASE_URL", default=""), base_dir=BASE)


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("sqlite:///db.sqlite3", "/srv/clinic/db.sqlite3"),
        ("sqlite:////var/lib/clinic.sqlite3", "/var/lib/clinic.sqlite3"),
        ("sqlite:///:memory:", ":memory:"),
    ],
)
def test_a_sqlite_path_does_not_depend_on_where_the_server_is_started(
    monkeypatch: pytest.MonkeyPatch, url: str, path: str
) -> None:
    assert at(monkeypatch, url)["NAME"] == path


@pytest.mark.parametrize("scheme", ["mysql", "mariadb"])
def test_mariadb_and_mysql_are_one_kind_read_committed_strict_and_full_unicode(
    monkeypatch: pytest.MonkeyPatch, scheme: str
) -> None:
    database = at(monkeypatch, f"{scheme}://ann:secret@db:3307/clinic")
    assert database == {
        "ENGINE": "django.db.backends.mysql",
        "NAME": "clinic",
        "USER": "ann",
        "PASSWORD": "secret",
        "HOST": "db",
        "PORT": 3307,
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
        "TEST": {"CHARSET": "utf8mb4"},
        "OPTIONS": {
            "isolation_level": "read committed",
            "charset": "utf8mb4",
            "init_command": "SET SESSION sql_mode = 'TRADITIONAL'",
        },
    }


def test_postgresql_keeps_its_connections_and_tries_them_before_use(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    database = at(monkeypatch, "postgresql://ann@db/clinic")
    assert (database["CONN_MAX_AGE"], database["CONN_HEALTH_CHECKS"]) == (60, True)


def test_an_option_in_the_url_wins_over_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    database = at(monkeypatch, "mysql://db/clinic?isolation_level=serializable")
    assert database["OPTIONS"]["isolation_level"] == "serializable"


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(connection.vendor != "sqlite", reason="says what SQLite is told")
def test_a_sqlite_connection_begins_immediate_and_waits() -> None:
    assert connection.transaction_mode == "IMMEDIATE"  # type: ignore[attr-defined]  # SQLite's own
    with connection.cursor() as cursor:
        timeout = cursor.execute("PRAGMA busy_timeout").fetchone()
        synchronous = cursor.execute("PRAGMA synchronous").fetchone()
    assert (timeout, synchronous) == ((20_000,), (1,))


@pytest.mark.parametrize(
    ("url", "option", "value"),
    [
        ("postgresql://db/clinic", "options", "-c statement_timeout=30s"),
        (
            "mariadb://db/clinic",
            "init_command",
            (
                "SET SESSION sql_mode = 'TRADITIONAL' /*M!100101 , max_statement_time = 30 */ "
                "/*!50708 , max_execution_time = 30000 */"
            ),
        ),
    ],
)
def test_a_server_is_told_when_to_give_a_statement_up(
    monkeypatch: pytest.MonkeyPatch, url: str, option: str, value: str
) -> None:
    monkeypatch.setenv("DATABASE_URL", url)
    parsed = database_url("DATABASE_URL", default="")
    assert tuned(parsed, base_dir=BASE, statement_seconds=30)["OPTIONS"][option] == value


@pytest.mark.django_db
@pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite knows no such limit")
def test_a_statement_without_end_is_given_up() -> None:
    read = {
        "postgresql": "SELECT current_setting('statement_timeout')",
        "mysql": "SELECT @@max_statement_time",
    }
    with connection.cursor() as cursor:
        cursor.execute(read[connection.vendor])
        [value] = cursor.fetchone() or [None]
    assert str(value) in {"30s", "30.0"}
