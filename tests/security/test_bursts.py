"""A burst of requests at a live server opens a bounded number of database connections."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.bursts import BURST, COUNT, burst, count_connections, sign_in
from tests.support.live_server import GUNICORN, UVICORN, serving
from tests.support.migrated_databases import migrated
from tests.support.required_databases import require
from tests.support.static_files import collect_static_files

pytestmark = pytest.mark.own_database

MAX_CONCURRENT_REQUESTS = 6
# One for the readiness probe, one for WebSockets.
OTHER_CONNECTIONS = 2
GUNICORN_THREADS = 4


@pytest.fixture(autouse=True)
def clock() -> None:
    """Replace the fixed clock: the server is another process and uses the real time."""


@pytest.fixture(params=sorted(COUNT))
def database(request: pytest.FixtureRequest) -> Iterator[tuple[str, str]]:
    """The kind of a database without rows and its URL."""
    kind: str = request.param
    require(kind)
    with migrated(kind) as url:
        yield kind, url


def connections_after_bursts(
    folder: Path, kind: str, url: str, command: tuple[str, ...], **environment: str
) -> int:
    """Send bursts to the API and to the readiness probe; return the open connections.

    Fails unless every request is answered, and one afterwards.
    """
    collect_static_files()  # otherwise the server is not ready
    with serving(folder, server=command, DATABASE_URL=url, **environment) as server:
        token = sign_in(server)
        for path in ("/graphql/", "/readyz", "/graphql/"):
            assert burst(server, token, path) == {200: BURST}
        connections = count_connections(kind, url)
        assert server.api("Me", token=token)["data"]["me"]["email"] == "kim@example.org"
    return connections


@pytest.mark.parametrize(
    ("command", "limit"),
    [
        (UVICORN, MAX_CONCURRENT_REQUESTS + OTHER_CONNECTIONS),
        (GUNICORN, GUNICORN_THREADS + OTHER_CONNECTIONS),
    ],
    ids=["uvicorn", "gunicorn"],
)
def test_burst_of_requests_is_answered_with_a_bounded_number_of_connections(
    database: tuple[str, str], tmp_path: Path, command: tuple[str, ...], limit: int
) -> None:
    threads = {"MAX_CONCURRENT_REQUESTS": str(MAX_CONCURRENT_REQUESTS)}
    assert 0 < connections_after_bursts(tmp_path, *database, command, **threads) <= limit


def test_burst_of_requests_with_more_threads_opens_more_connections(tmp_path: Path) -> None:
    """The negative control: the setting is what bounds the connections."""
    require("PostgreSQL")
    with migrated("PostgreSQL") as url:
        threads = {"MAX_CONCURRENT_REQUESTS": "40"}
        connections = connections_after_bursts(tmp_path, "PostgreSQL", url, UVICORN, **threads)
    assert connections > MAX_CONCURRENT_REQUESTS + OTHER_CONNECTIONS
