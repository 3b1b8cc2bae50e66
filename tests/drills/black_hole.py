"""The machine of the database disappears from the network, without a word, and comes back."""

import time
from urllib.parse import urlsplit

from tests.drills.clients import (
    COUNT,
    Clients,
    graphql_url,
    outcomes,
    percentile,
    slowest,
    wrong_state,
)
from tests.drills.clinic import LIMITS, prepared
from tests.drills.network import host_in_front_of
from tests.drills.result import Result
from tests.support.database_servers import SERVER_TYPES, not_installed
from tests.support.live_server import GUNICORN, serving
from tests.support.network_namespaces import NoNamespaces

# config/databases.py: 10 seconds for data that is not acknowledged, 19 while an answer is awaited,
# on MariaDB 10 after the time limit of a statement; then 5 seconds for a new connection.
STATEMENT_SECONDS = 2
ANSWERED_SECONDS = 25
# Until each request that was sent before has met its bound.
LEAST_SECONDS = 18
WARM_UP_SECONDS = 2
AFTERWARDS_SECONDS = 12
BOUND = (
    f"SERVICE_UNAVAILABLE or busy in < {ANSWERED_SECONDS} s, 0 lost, 0 doubled, booked afterwards"
)


def measure(seconds: int) -> list[Result]:
    """Run the drill; ``seconds`` is how long the machine is away, at least ``LEAST_SECONDS``."""
    return [_measure(database, max(seconds, LEAST_SECONDS)) for database in SERVER_TYPES]


def _measure(database: str, seconds: int) -> Result:
    drill = f"machine of {database} away for {seconds} s"
    if reason := not_installed(database):
        return Result(drill, reason, BOUND, passed=False)
    try:
        return _measured(drill, database, seconds)
    except NoNamespaces:
        return Result(drill, "left out: no network namespaces here", BOUND, passed=True)


def _measured(drill: str, database: str, seconds: int) -> Result:
    with (
        prepared(database, COUNT) as (url, people, folder),
        host_in_front_of(urlsplit(url).port or 0) as host,
    ):
        away = url.replace(f"127.0.0.1:{urlsplit(url).port}", f"{host.address}:{host.port}")
        limits = {**LIMITS, "STATEMENT_TIMEOUT_SECONDS": str(STATEMENT_SECONDS)}
        with serving(folder, server=GUNICORN, DATABASE_URL=away, **limits) as server:
            clients = Clients(
                [graphql_url(server)], people.patients, people.slots, people.doctors[0]["id"]
            )
            with clients.sending():
                time.sleep(WARM_UP_SECONDS)  # clients book before the failure
                with host.black_holed():
                    begin = time.monotonic()
                    time.sleep(seconds)  # the drill
                    end = time.monotonic()
                time.sleep(AFTERWARDS_SECONDS)  # clients book after the failure
        lost, doubled = wrong_state(url, clients.acknowledged)
    meanwhile = [
        each
        for each in clients.attempts
        if each.sent_at < end and each.sent_at + each.seconds > begin
    ]
    afterwards = clients.during(end + AFTERWARDS_SECONDS / 2, time.monotonic())
    return Result(
        drill,
        f"{outcomes(meanwhile)}, {slowest(meanwhile)}; afterwards {outcomes(afterwards)}; {lost} "
        f"lost, {doubled} doubled",
        BOUND,
        passed=outcomes(meanwhile).keys() <= {"SERVICE_UNAVAILABLE", "busy", "booked"}
        and outcomes(meanwhile).keys() != {"booked"}
        # The sessions that were cut keep their locks, at most for IDLE_TRANSACTION_SECONDS.
        and {"booked"} <= outcomes(afterwards).keys() <= {"booked", "busy"}
        and (lost, doubled) == (0, 0),
        in_time=percentile(meanwhile, 100) < ANSWERED_SECONDS,
    )
