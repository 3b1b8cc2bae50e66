"""Other programs take all connections of PostgreSQL, and give them back."""

import os
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from unittest.mock import patch
from urllib.parse import urlsplit

from tests.drills.clients import COUNT, Clients, outcomes, percentile, slowest, wrong_state
from tests.drills.clinic import Clinic, clinic
from tests.drills.probes import Probe
from tests.drills.result import Result
from tests.support.database_servers import SERVER_TYPES, temporary_server
from tests.support.databases import SERVERS

# Two workers of gunicorn have 10: docs/operations/deployment.md.
CONNECTIONS = 16
WARM_UP_SECONDS = 2
AFTERWARDS_SECONDS = 4
LIMIT_SECONDS = 30
BOUND = "coded errors, p99 < 1 s, /healthz p99 < 50 ms, /readyz unavailable; booked afterwards"
TERMINATE = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s"


def measure(seconds: int) -> list[Result]:
    """Run the drill; ``seconds`` is how long there are no connections."""
    type_ = SERVER_TYPES["PostgreSQL"]
    serve = type_.serve.replace("max_connections=200", f"max_connections={CONNECTIONS}")
    with (
        temporary_server(type_._replace(serve=serve)) as server,
        patch.dict(os.environ, {SERVERS["PostgreSQL"]: server.url}),
        clinic("PostgreSQL", COUNT, WEB_CONCURRENCY="2") as running,
    ):
        return [_measure(running, seconds)]


def _measure(running: Clinic, seconds: int) -> Result:
    people = running.people
    clients = Clients([running.url], people.patients, people.slots, running.doctors[0])
    health, ready = Probe.of(running.server, "/healthz"), Probe.of_database(running.server)
    with clients.sending(), health.sending(), ready.sending(0.5):
        time.sleep(WARM_UP_SECONDS)  # clients book before the failure
        with _all_taken(running.database):
            begin = time.monotonic()
            time.sleep(seconds)  # the drill
            end = time.monotonic()
        time.sleep(AFTERWARDS_SECONDS)  # clients book after the failure
    lost, doubled = wrong_state(running.database, clients.acknowledged)
    now = time.monotonic()
    # Without the requests that were still waiting when there were connections again.
    meanwhile, alive, readiness = (
        [row for row in each.during(begin, end) if row.sent_at + row.seconds < end]
        for each in (clients, health, ready)
    )
    afterwards, ready_later = (outcomes(each.during(end + 1, now)) for each in (clients, ready))
    return Result(
        f"all connections of PostgreSQL taken for {seconds} s",
        f"{outcomes(meanwhile)}, {slowest(meanwhile)}; /healthz {slowest(alive)}; /readyz "
        f"{outcomes(readiness)}; afterwards {afterwards}, /readyz {ready_later}; {lost} lost, "
        f"{doubled} doubled",
        BOUND,
        passed=outcomes(meanwhile).keys() == {"SERVICE_UNAVAILABLE"}
        and outcomes(alive).keys() == {"200"}
        and outcomes(readiness).keys() == {"unavailable"}
        and afterwards.keys() == {"booked"}
        and ready_later.keys() == {"ok"}
        and (lost, doubled) == (0, 0),
        in_time=percentile(meanwhile, 99) < 1 and percentile(alive, 99) < 0.05,
    )


@contextmanager
def _all_taken(database: str) -> Iterator[None]:
    """End the server's connections and take all, for the duration of the block."""
    import psycopg  # noqa: PLC0415 - other drills run without the driver

    parts = urlsplit(database)
    elsewhere = parts._replace(path="/postgres").geturl()
    deadline = time.monotonic() + LIMIT_SECONDS
    taken = 0
    with ExitStack() as stack:
        mine = stack.enter_context(psycopg.connect(elsewhere, autocommit=True))
        # The server connects again meanwhile, until there is nothing left for it.
        while mine.execute(TERMINATE, [parts.path.removeprefix("/")]).fetchall() or not taken:
            assert time.monotonic() < deadline, "the server keeps its connections"
            with suppress(psycopg.OperationalError):
                for _ in range(CONNECTIONS):
                    stack.enter_context(psycopg.connect(elsewhere, autocommit=True))
                    taken += 1
        yield
