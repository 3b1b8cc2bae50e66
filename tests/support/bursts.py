"""Many requests to a live server at once, and the database connections that they leave open."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import httpx

from tests.contract.documents import document_of
from tests.support.fixtures.people import PASSWORD
from tests.support.live_server import Server

BURST = 200
COUNT = {
    "PostgreSQL": "SELECT count(*) FROM pg_stat_activity WHERE datname = %s",
    "MariaDB": "SELECT count(*) FROM information_schema.processlist WHERE db = %s",
}


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
