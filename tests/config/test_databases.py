from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from config.databases import build_database_settings
from config.environment import database_url

BASE = Path("/srv/clinic")


def settings_for(
    monkeypatch: pytest.MonkeyPatch, url: str, *, statement_seconds: int = 0, lock_seconds: int = 5
) -> dict[str, Any]:
    """Return the database settings for a DATABASE_URL."""
    monkeypatch.setenv("DATABASE_URL", url)
    return build_database_settings(
        database_url("DATABASE_URL", default=""),
        base_dir=BASE,
        statement_seconds=statement_seconds,
        lock_seconds=lock_seconds,
    )


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("sqlite:///db.sqlite3", "/srv/clinic/db.sqlite3"),
        ("sqlite:////var/lib/clinic.sqlite3", "/var/lib/clinic.sqlite3"),
        ("sqlite:///:memory:", ":memory:"),
    ],
)
def test_build_database_settings_resolves_sqlite_path_from_base_dir(
    monkeypatch: pytest.MonkeyPatch, url: str, path: str
) -> None:
    assert settings_for(monkeypatch, url)["NAME"] == path


@pytest.mark.parametrize("scheme", ["mysql", "mariadb"])
def test_build_database_settings_configures_mariadb_and_mysql_alike(
    monkeypatch: pytest.MonkeyPatch, scheme: str
) -> None:
    database = settings_for(monkeypatch, f"{scheme}://ann:secret@db:3307/clinic")
    assert database == {
        "ENGINE": "config.database_engines.mysql",
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
            "connect_timeout": 5,
            "write_timeout": 10,
            "init_command": (
                "SET SESSION sql_mode = 'TRADITIONAL' "
                ", innodb_lock_wait_timeout = 5 , lock_wait_timeout = 5 "
                "/*M!100300 , idle_transaction_timeout = 60 */"
            ),
        },
    }


def test_build_database_settings_reuses_and_checks_postgresql_connections(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    database = settings_for(monkeypatch, "postgresql://ann@db/clinic")
    assert (database["CONN_MAX_AGE"], database["CONN_HEALTH_CHECKS"]) == (60, True)


def test_build_database_settings_prefers_options_of_the_url(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    database = settings_for(monkeypatch, "mysql://db/clinic?isolation_level=serializable")
    assert database["OPTIONS"]["isolation_level"] == "serializable"


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(connection.vendor != "sqlite", reason="tests SQLite's options")
def test_sqlite_connection_uses_immediate_transactions_and_timeout() -> None:
    assert connection.transaction_mode == "IMMEDIATE"  # type: ignore[attr-defined]  # SQLite's own
    with connection.cursor() as cursor:
        timeout = cursor.execute("PRAGMA busy_timeout").fetchone()
        synchronous = cursor.execute("PRAGMA synchronous").fetchone()
    assert (timeout, synchronous) == ((20_000,), (1,))


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        (
            "postgresql://db/clinic",
            {
                "options": (
                    "-c statement_timeout=30s -c lock_timeout=2s "
                    "-c idle_in_transaction_session_timeout=60s"
                ),
                "connect_timeout": 5,
                "tcp_user_timeout": 10_000,
                "keepalives_idle": 10,
                "keepalives_interval": 3,
                "keepalives_count": 3,
            },
        ),
        (
            "mariadb://db/clinic",
            {
                "isolation_level": "read committed",
                "charset": "utf8mb4",
                "connect_timeout": 5,
                "read_timeout": 40,
                "write_timeout": 10,
                "init_command": (
                    "SET SESSION sql_mode = 'TRADITIONAL' "
                    ", innodb_lock_wait_timeout = 2 , lock_wait_timeout = 2 "
                    "/*M!100300 , idle_transaction_timeout = 60 */ "
                    "/*M!100101 , max_statement_time = 30 */ "
                    "/*!50708 , max_execution_time = 30000 */"
                ),
            },
        ),
    ],
)
def test_build_database_settings_limits_every_wait(
    monkeypatch: pytest.MonkeyPatch, url: str, expected: dict[str, object]
) -> None:
    database = settings_for(monkeypatch, url, statement_seconds=30, lock_seconds=2)
    assert database["OPTIONS"] == expected


@pytest.mark.django_db
@pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite has no such limits")
def test_database_connection_has_time_limits() -> None:
    limits: dict[str, dict[str, object]] = {
        "postgresql": {
            "current_setting('statement_timeout')": "30s",
            "current_setting('lock_timeout')": "5s",
            "current_setting('idle_in_transaction_session_timeout')": "1min",
        },
        "mysql": {
            "@@max_statement_time": 30.0,
            "@@innodb_lock_wait_timeout": 5,
            "@@lock_wait_timeout": 5,
            "@@idle_transaction_timeout": 60,
        },
    }
    expected = limits[connection.vendor]
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(expected)}")
        assert cursor.fetchone() == (*expected.values(),)
