"""A connection is checked before a request uses it, by its socket or by a statement."""

import datetime as dt
import os
import time
from collections.abc import Iterator
from contextlib import closing
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest
from django.db.backends.base.base import BaseDatabaseWrapper

from config.database_engines import health_check
from tests.support.database_wrappers import database_wrapper
from tests.support.databases import SERVERS
from tests.support.required_databases import require

# Django's wrapper connects in tests that have a database only; these connect to others.
pytestmark = [pytest.mark.django_db, pytest.mark.own_database]

ENGINES = {"PostgreSQL": "postgresql", "MariaDB": "mysql"}
OWN_ID = {"PostgreSQL": "SELECT pg_backend_pid()", "MariaDB": "SELECT connection_id()"}
END = {"PostgreSQL": "SELECT pg_terminate_backend({})", "MariaDB": "KILL {}"}
IS_THERE = {
    "PostgreSQL": "SELECT count(*) FROM pg_stat_activity WHERE pid = {}",
    "MariaDB": "SELECT count(*) FROM information_schema.processlist WHERE id = {}",
}
LAST_STATEMENT = "SELECT query_start FROM pg_stat_activity WHERE pid = {}"


@pytest.fixture(autouse=True)
def clock() -> None:
    """Replaces the fixed clock: connections age in real time."""


def connected(database: str) -> BaseDatabaseWrapper:
    """Return Django's wrapper of a new connection, as a request gets it."""
    url = urlsplit(os.environ[SERVERS[database]])
    wrapper = database_wrapper(
        ENGINES[database],
        NAME=url.path[1:],
        USER=url.username,
        PASSWORD=url.password or "",
        HOST=url.hostname,
        PORT=url.port,
        CONN_MAX_AGE=60,
        CONN_HEALTH_CHECKS=True,
    )
    wrapper.connect()
    return wrapper


def one(wrapper: BaseDatabaseWrapper, statement: str) -> Any:
    """Return the value that a statement selects."""
    with closing(wrapper.connection.cursor()) as cursor:
        cursor.execute(statement)
        return (cursor.fetchone() or [None])[0]


def begin_request(wrapper: BaseDatabaseWrapper) -> None:
    """Do what Django does before the first statement of a request."""
    wrapper.close_if_unusable_or_obsolete()
    wrapper.close_if_health_check_failed()


@pytest.fixture(params=sorted(SERVERS))
def database(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    require(name)
    return name


@pytest.fixture
def wrapper(database: str) -> Iterator[BaseDatabaseWrapper]:
    connection = connected(database)
    yield connection
    connection.close()


@pytest.fixture
def other(database: str) -> Iterator[BaseDatabaseWrapper]:
    """Another connection to the same server."""
    connection = connected(database)
    yield connection
    connection.close()


def test_connection_that_its_server_has_ended_is_closed_before_the_next_request(
    database: str, wrapper: BaseDatabaseWrapper, other: BaseDatabaseWrapper
) -> None:
    begin_request(wrapper)
    begin_request(wrapper)
    own_id = one(wrapper, OWN_ID[database])
    one(other, END[database].format(own_id))
    while one(other, IS_THERE[database].format(own_id)):
        time.sleep(0.01)  # the server ends it in the background
    begin_request(wrapper)
    assert wrapper.connection is None


@pytest.mark.parametrize("database", ["PostgreSQL"], indirect=True)
def test_connection_is_checked_by_a_statement_once_a_second(
    database: str,
    wrapper: BaseDatabaseWrapper,
    other: BaseDatabaseWrapper,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    last_statement = LAST_STATEMENT.format(one(wrapper, OWN_ID[database]))

    def begin() -> Any:
        begin_request(wrapper)
        return one(other, last_statement)

    first, second = begin(), begin()
    now = time.monotonic() + health_check.CHECK_SECONDS
    monkeypatch.setattr(time, "monotonic", lambda: now)
    later, again = begin(), begin()
    assert first == second < later == again


@pytest.mark.parametrize("database", ["PostgreSQL"], indirect=True)
@pytest.mark.parametrize(
    ("stored", "expected"),
    [
        ("2026-03-02 11:07:30+00", dt.datetime(2026, 3, 2, 11, 7, 30, tzinfo=dt.UTC)),
        ("2026-03-29 02:30:00.5+02", dt.datetime(2026, 3, 29, 0, 30, 0, 500_000, tzinfo=dt.UTC)),
        ("1883-11-18 12:03:58-04:56:02", dt.datetime(1883, 11, 18, 17, tzinfo=dt.UTC)),
        ("0001-01-01 00:00:00+00", dt.datetime(1, 1, 1, tzinfo=dt.UTC)),
        (
            "9999-12-31 23:59:59.999999+00",
            dt.datetime(9999, 12, 31, 23, 59, 59, 999_999, tzinfo=dt.UTC),
        ),
    ],
)
def test_timestamp_of_postgresql_is_read_in_utc(
    wrapper: BaseDatabaseWrapper, stored: str, expected: dt.datetime
) -> None:
    found = one(wrapper, f"SELECT '{stored}'::timestamptz")
    assert (found, found.tzinfo) == (expected, dt.UTC)


@pytest.mark.parametrize("database", ["PostgreSQL"], indirect=True)
@pytest.mark.parametrize("stored", ["infinity", "10000-01-01 00:00+00", "0001-01-01 00:00+00 BC"])
def test_timestamp_that_python_does_not_have_is_an_error(
    wrapper: BaseDatabaseWrapper, stored: str
) -> None:
    with pytest.raises(psycopg.DataError, match="timestamp too"):
        one(wrapper, f"SELECT '{stored}'::timestamptz")
