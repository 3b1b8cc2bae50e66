"""The database server is killed while patients book, and restarted."""

import time
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.drills.clients import Clients, outcomes, wrong_state
from tests.drills.result import Result
from tests.support.database_servers import SERVER_TYPES, named_server, not_installed
from tests.support.databases import scratch
from tests.support.live_server import serving

# Each client has booked by then.
WARM_UP_SECONDS = 2
# After the restart. Each client has had its first answer by then.
AFTERWARDS_SECONDS = 3
CODES = {"booked", "SERVICE_UNAVAILABLE"}
BOUND = "0 lost, 0 doubled, coded errors only, all booked after the restart"


def measure(seconds: int) -> list[Result]:
    """Run the drill; ``seconds`` is how long each database is down."""
    return [_measure(database, seconds) for database in SERVER_TYPES]


def _measure(database: str, seconds: int) -> Result:
    drill = f"{database} killed for {seconds} s"
    if reason := not_installed(database):
        return Result(drill, reason, BOUND, passed=False)
    with (
        TemporaryDirectory(prefix="cybermed-") as name,
        named_server(database) as database_server,
        scratch(database) as url,
    ):
        settings = {"DATABASE_URL": url, "MAX_OPEN_APPOINTMENTS": "1000"}
        with serving(Path(name), **settings) as server:
            clients = Clients.prepare(server, url)
            with clients.sending():
                time.sleep(WARM_UP_SECONDS)  # clients book before the failure
                database_server.kill()
                killed = time.monotonic()
                time.sleep(seconds)  # the outage
                database_server.start()
                restarted = time.monotonic()
                time.sleep(AFTERWARDS_SECONDS)  # clients book after the failure
        lost, doubled = wrong_state(url, clients.acknowledged)
    meanwhile = outcomes(clients.during(killed, restarted))
    afterwards = outcomes(clients.during(restarted, time.monotonic()))
    return Result(
        drill,
        f"{len(clients.acknowledged)} booked, {lost} lost, {doubled} doubled; while it was down "
        f"{meanwhile}, after the restart {afterwards}",
        BOUND,
        passed=(lost, doubled) == (0, 0)
        and meanwhile.keys() <= CODES
        and afterwards.keys() == {"booked"},
    )
