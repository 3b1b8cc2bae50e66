"""Temporary databases: SQLite in a file, PostgreSQL and MariaDB on servers in the environment.

``POSTGRES_URL`` and ``MARIADB_URL`` are URLs of a server with an account that can create databases,
such as ``postgres://user:password@host:5432/postgres``.
"""

import os
import uuid
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit

SERVERS = {"PostgreSQL": "POSTGRES_URL", "MariaDB": "MARIADB_URL"}
DATABASES = ("SQLite", *SERVERS)


def missing(database: str) -> str | None:
    """Return in one line why ``database`` cannot be used, or None if it can."""
    variable = SERVERS.get(database)
    if variable is None or os.environ.get(variable):
        return None
    return f"{database} is left out: {variable} is not set"


@contextmanager
def scratch(database: str, *, template: str = "") -> Iterator[str]:
    """Create an empty database for the duration of the block and yield its DATABASE_URL.

    ``template``: the database of PostgreSQL that it is a copy of.
    """
    if database == "SQLite":
        # SQLite can still be deleting its write-ahead log while the directory is removed.
        with TemporaryDirectory(prefix="cybermed-", ignore_cleanup_errors=True) as directory:
            yield f"sqlite:///{Path(directory) / 'races.sqlite3'}"
        return
    server = os.environ[SERVERS[database]]
    name = f"cybermed_{uuid.uuid4().hex[:12]}"
    execute = _on_postgresql if database == "PostgreSQL" else _on_mariadb
    execute(server, f"CREATE DATABASE {name}" + (f" TEMPLATE {template}" if template else ""))
    try:
        yield urlsplit(server)._replace(path=f"/{name}").geturl()
    finally:
        # PostgreSQL can still count a killed client as connected.
        force = " WITH (FORCE)" if database == "PostgreSQL" else ""
        execute(server, f"DROP DATABASE {name}{force}")


# The drivers are imported in the functions because tests on SQLite run without them.
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
