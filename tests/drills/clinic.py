"""A server with people in its database, for the duration of a drill."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from tests.drills.clients import People, graphql_url
from tests.support.database_servers import given_or_named_server
from tests.support.databases import scratch
from tests.support.live_server import ENVIRONMENT, GUNICORN, Server, serving

# Otherwise a patient could not book as often as the clients do.
LIMITS = {"MAX_OPEN_APPOINTMENTS": "1000"}
SETTINGS = {**ENVIRONMENT, **LIMITS, "REDIS_URL": ""}


class Clinic(NamedTuple):
    server: Server
    people: People
    database: str  # DATABASE_URL
    folder: Path

    @property
    def url(self) -> str:
        """The URL of the API."""
        return graphql_url(self.server)

    @property
    def doctors(self) -> list[str]:
        """The IDs of Dora and Emil."""
        return [doctor["id"] for doctor in self.people.doctors]


@contextmanager
def clinic(
    database: str, patients: int, *, server: Sequence[str] = GUNICORN, **settings: str
) -> Iterator[Clinic]:
    """Run a server on an empty database with so many patients."""
    with prepared(database, patients) as (url, people, folder):
        environment = {"DATABASE_URL": url, **LIMITS, **settings}
        with serving(folder, server=server, **environment) as running:
            yield Clinic(running, people, url, folder)


@contextmanager
def prepared(database: str, patients: int) -> Iterator[tuple[str, People, Path]]:
    """Yield the URL of a database with so many patients, the people, and a folder."""
    with (
        TemporaryDirectory(prefix="cybermed-", ignore_cleanup_errors=True) as name,
        given_or_named_server(database),
        scratch(database) as url,
    ):
        yield url, People.create(url, patients), Path(name)


def environment_of(database: str, **settings: str) -> dict[str, str]:
    """Return the environment variables of a server's process on this database."""
    return {**os.environ, **SETTINGS, "DATABASE_URL": database, **settings}
