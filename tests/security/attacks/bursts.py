"""200 requests at once: how many are answered, and the database connections that stay open."""

from collections.abc import Iterator, Sequence

from tests.security.attacks.measurement import SERVERS, Measurement, live_server, report
from tests.support.bursts import BURST, burst, count_connections, sign_in
from tests.support.static_files import collect_static_files

PATHS = ("/graphql/", "/readyz", "/graphql/")
# More would use up the connections of a database server with its default settings.
MANY_THREADS = {"MAX_CONCURRENT_REQUESTS": "60"}
# Requests of one process at a time, and two connections for probes and WebSockets.
BOUNDS = {"uvicorn": 10 + 2, "gunicorn": 4 + 2}


def measure() -> Iterator[Measurement]:
    for name, command in SERVERS.items():
        unguarded = _attack(command, **MANY_THREADS) if name == "uvicorn" else None
        answered, connections = _attack(command)
        report("bursts", f"{name}: {answered} answered, {connections} connections")
        yield Measurement(
            f"{len(PATHS)} bursts of {BURST} requests, to the API and `/readyz`",
            name,
            f"{unguarded[0]} answered, {unguarded[1]} connections stay" if unguarded else "",
            f"{answered} answered, {connections} connections stay",
            f"all answered, {BOUNDS[name]} connections",
            answered == BURST * len(PATHS) and connections <= BOUNDS[name],
        )


def _attack(command: Sequence[str], **environment: str) -> tuple[int, int]:
    """Return how many requests were answered, and how many connections stay open."""
    collect_static_files()  # otherwise the server is not ready
    with live_server(command, **environment) as server:
        token = sign_in(server)
        answered = sum(burst(server, token, path)[200] for path in PATHS)
        return answered, count_connections("PostgreSQL", server.environment["DATABASE_URL"])
