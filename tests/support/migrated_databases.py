"""Temporary databases with all migrations, copied from one that each process migrates once.

Migrating an empty database takes five seconds of computing, and dozens of tests need one.
"""

import atexit
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

from tests.support.databases import scratch
from tests.support.processes import ENVIRONMENT, manage

SQLITE = "sqlite:///"
_templates = ExitStack()
atexit.register(_templates.close)


@contextmanager
def migrated(database: str) -> Iterator[str]:
    """Create a database with all migrations for the duration of the block; yield its URL.

    Without the client programs of MariaDB its database is empty: what uses it applies the
    migrations that are missing.
    """
    if database == "PostgreSQL":
        with scratch(database, template=urlsplit(_template(database)).path[1:]) as url:
            yield url
        return
    with scratch(database) as url:
        if database == "SQLite":
            copy_migrated(Path(url.removeprefix(SQLITE)))
        elif shutil.which("mariadb-dump"):
            _mariadb(url, "mariadb", input=_dump())
        yield url


def copy_migrated(path: Path) -> None:
    """Create an SQLite database with all migrations in this file."""
    # The process that migrated it has written everything to the file itself when it ended.
    shutil.copyfile(_template("SQLite").removeprefix(SQLITE), path)


@cache
def _template(database: str) -> str:
    url = _templates.enter_context(scratch(database))
    manage({**os.environ, **ENVIRONMENT, "DATABASE_URL": url}, "migrate", "-v0")
    return url


@cache
def _dump() -> bytes:
    """Return the statements that create what the template on MariaDB contains."""
    return _mariadb(_template("MariaDB"), "mariadb-dump", "--triggers")


def _mariadb(database: str, program: str, *options: str, input: bytes = b"") -> bytes:
    """Run a client program of MariaDB on a database and return its output."""
    url = urlsplit(database)
    command = [program, "--no-defaults", f"--host={url.hostname}", f"--port={url.port or 3306}"]
    command += [f"--user={url.username}", *options, url.path[1:]]
    environment = {**os.environ, "MYSQL_PWD": url.password or ""}
    done = subprocess.run(command, env=environment, input=input, capture_output=True, check=True)  # noqa: S603 - our own command
    return done.stdout
