"""Scratch databases: SQLite on a file, PostgreSQL and MariaDB on servers named by the environment.

``POSTGRES_URL`` and ``MARIADB_URL`` name a server and an account that may create
databases, as in ``postgres://user:password@host:5432/postgres``.
"""

import os
import uuid
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NoReturn
from urllib.parse import urlsplit

import pytest

from tests.support.scale import SCALE

SERVERS = {"PostgreSQL": "POSTGRES_URL", "MariaDB": "MARIADB_URL"}
DATABASES = ("SQLite", *SERVERS)


def missing(database: str) -> str | None:
    """Why ``database`` cannot be used here, in one line; None if it can."""
    variable = SERVERS.get(database)
    if variable is None or os.environ.get(variable):
        return None
    return f"{database} left out: {variable} names no server"


def require(database: str) -> None:
    """Skip the test, or fail it where every database is to be at hand, if this one is not."""
    if reason := missing(database):
        left_out(reason)


def left_out(reason: str) -> NoReturn:
    """Skip the test with this line, or fail it where nothing may be left out."""
    if SCALE.needs_every_database:
        pytest.fail(reason)
    pytest.skip(reason)


@contextmanager
def scratch(database: str) -> Iterator[str]:
    """The ``DATABASE_URL`` of an empty database that is gone afterwards."""
    if database == "SQLite":
        # SQLite may still be tidying its write-ahead log away while we do.
        with TemporaryDirectory(prefix="cybermed-", ignore_cleanup_errors=True) as folder:
            yield f"sqlite:///{Path(folder) / 'races.sqlite3'}"
        return
    server = os.environ[SERVERS[database]]
    name = f"cybermed_{uuid.uuid4().hex[:12]}"
    execute = _on_postgresql if database == "PostgreSQL" else _on_mariadb
    execute(server, f"CREATE DATABASE {name}")
    try:
        yield urlsplit(server)._replace(path=f"/{name}").geturl()
    finally:
        # A client that was killed in the middle may still be connected to it.
        force = " WITH (FORCE)" if database == "PostgreSQL" else ""
        execute(server, f"DROP DATABASE {name}{force}")


# Imported where they are needed: SQLite does without the drivers.
def _on_postgresql(server: str, statement: str) -> None:
    import psycopg  # noqa: PLC0415

    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(statement.encode())


def _on_mariadb(server: str, statement: str) -> None:
    import MySQLdb  # noqa: PLC0415

    url = urlsplit(server)
    connection = MySQLdb.connect(
        host=url.hostname or "",
        port=url.port or 3306,
        user=url.username or "",
        password=url.password or "",
    )
    with closing(connection), closing(connection.cursor()) as cursor:
        cursor.execute(statement)
