"""A burst of requests at a live server opens a bounded number of database connections."""

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from tests.contract.documents import document_of
from tests.support.databases import require, scratch
from tests.support.fixtures.people import PASSWORD
from tests.support.live_server import GUNICORN, UVICORN, Server, serving

pytestmark = pytest.mark.own_database

BURST = 200
MAX_CONCURRENT_REQUESTS = 6
# One for the readiness probe, one for WebSockets.
OTHER_CONNECTIONS = 2
GUNICORN_THREADS = 4
COUNT = {
    "PostgreSQL": "SELECT count(*) FROM pg_stat_activity WHERE datname = %s",
    "MariaDB": "SELECT count(*) FROM information_schema.processlist WHERE db = %s",
}


@pytest.fixture(autouse=True)
def clock() -> None:
    """Replace the fixed clock: the server is another process and uses the real time."""


@pytest.fixture(params=sorted(COUNT))
def database(request: pytest.FixtureRequest) -> Iterator[tuple[str, str]]:
    """The kind of an empty database and its URL."""
    kind: str = request.param
    require(kind)
    with scratch(kind) as url:
        yield kind, url


def count_connections(kind: str, url: str) -> int:
    """Return how many connections the database has, without the one that counts them."""
    parts = urlsplit(url)
    name = parts.path.removeprefix("/")
    if kind == "PostgreSQL":
        import psycopg  # noqa: PLC0415 - tests on SQLite run without the drivers

        with psycopg.connect(url) as connection:
            row = connection.execute(COUNT[kind], [name]).fetchone()
            return (row or [0])[0] - 1
    import MySQLdb  # noqa: PLC0415 - see above

    connection = MySQLdb.connect(
        host=parts.hostname or "",
        port=parts.port or 3306,
        user=parts.username or "",
        password=parts.password or "",
    )
    with connection.cursor() as cursor:
        cursor.execute(COUNT[kind], [name])
        count: int = cursor.fetchone()[0]
    connection.close()
    return count


def sign_in(server: Server) -> str:
    account = {"email": "kim@example.org", "password": PASSWORD}
    name = {"firstName": "Kim", "lastName": "Example", "role": "PATIENT"}
    server.api("Register", {"input": {**account, **name}})
    token: str = server.api("TokenAuth", account)["data"]["tokenAuth"]["token"]
    return token


def burst(server: Server, token: str, path: str) -> Counter[int]:
    """Send ``BURST`` requests at once, each on a connection of its own; count their statuses."""
    headers = {"Authorization": f"JWT {token}", "Accept": "application/graphql-response+json"}
    limits = httpx.Limits(max_connections=BURST, max_keepalive_connections=0)
    with (
        httpx.Client(
            base_url=f"http://{server.address}", timeout=60, headers=headers, limits=limits
        ) as client,
        ThreadPoolExecutor(BURST) as threads,
    ):

        def send(_number: int) -> int:
            if path == "/graphql/":
                return client.post(path, json={"query": document_of("Me")}).status_code
            return client.get(path).status_code

        return Counter(threads.map(send, range(BURST)))


def connections_after_bursts(
    folder: Path, kind: str, url: str, command: tuple[str, ...], **environment: str
) -> int:
    """Send bursts to the API and to the readiness probe; return the open connections.

    Fails unless every request is answered, and one afterwards.
    """
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
    with scratch("PostgreSQL") as url:
        threads = {"MAX_CONCURRENT_REQUESTS": "40"}
        connections = connections_after_bursts(tmp_path, "PostgreSQL", url, UVICORN, **threads)
    assert connections > MAX_CONCURRENT_REQUESTS + OTHER_CONNECTIONS
