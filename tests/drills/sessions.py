"""Sessions of a database beside the server's: one that keeps a lock."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any
from urllib.parse import urlsplit

LOCK_ROW = "SELECT id FROM users_user WHERE email = 'dora@example.org' FOR UPDATE"


@contextmanager
def locking(url: str) -> Iterator[None]:
    """Keep the row of Dora's account locked for the duration of the block; SQLite: the database."""
    with closing(connect(url)) as connection, closing(connection.cursor()) as cursor:
        is_sqlite = urlsplit(url).scheme == "sqlite"
        cursor.execute("BEGIN IMMEDIATE" if is_sqlite else LOCK_ROW)
        yield
        connection.rollback()


def connect(url: str) -> Any:
    """Open a session with the defaults of the database, without our time limits."""
    parts = urlsplit(url)
    if parts.scheme == "sqlite":
        return sqlite3.connect(parts.path.removeprefix("/"), isolation_level=None)
    # The drivers are imported here because the drills on SQLite run without them.
    if parts.scheme == "postgres":
        import psycopg  # noqa: PLC0415 - other drills run without the driver

        return psycopg.connect(url)
    import MySQLdb  # noqa: PLC0415 - as above

    return MySQLdb.connect(
        host=parts.hostname or "",
        port=parts.port or 3306,
        user=parts.username or "",
        database=parts.path.removeprefix("/"),
    )
