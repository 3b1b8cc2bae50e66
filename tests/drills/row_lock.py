"""A session keeps one doctor's row locked, on SQLite the database, while others are booked."""

import time
from contextlib import ExitStack

from tests.drills.clients import (
    COUNT,
    Clients,
    outcomes,
    percentile,
    slowest,
    wrong_state,
)
from tests.drills.clinic import Clinic, clinic
from tests.drills.probes import Probe
from tests.drills.result import Result
from tests.drills.sessions import locking
from tests.support.database_servers import SERVER_TYPES, not_installed
from tests.support.databases import DATABASES

# More than the threads of the server: two workers with four threads each.
WAITING = 24
# What the example front end waits before it tries again.
CLIENT_PAUSE_SECONDS = 0.5
# Each client has booked by then.
WARM_UP_SECONDS = 2
AFTERWARDS_SECONDS = 4
BOUND = "others and /healthz answered, p99 < 1 s and < 50 ms; of the row: `busy`, then booked"
OF_THE_ROW = {"booked", "busy", "SERVICE_UNAVAILABLE"}


def measure(seconds: int) -> list[Result]:
    """Run the drill; ``seconds`` is how long the row stays locked."""
    return [_measure(database, seconds) for database in DATABASES]


def _measure(database: str, seconds: int) -> Result:
    if database in SERVER_TYPES and (reason := not_installed(database)):
        return Result(f"{database} locked", reason, BOUND, passed=False)
    with clinic(database, WAITING + COUNT, WEB_CONCURRENCY="2") as running:
        drill = _Drill(running, is_sqlite=database == "SQLite")
        drill.run(running.database, seconds)
        lost, doubled = wrong_state(running.database, drill.acknowledged())
    return drill.result(database, seconds, lost, doubled)


class _Drill:
    """Clients who need the row, others, and probes of health."""

    def __init__(self, running: Clinic, *, is_sqlite: bool) -> None:
        self.is_sqlite = is_sqlite
        server, people = running.server, running.people
        dora, emil = running.doctors
        mine, rest = people.patients[:WAITING], people.patients[WAITING:]
        urls = [running.url]
        self.waiting = Clients(urls, mine, people.slots, dora, pause=CLIENT_PAUSE_SECONDS)
        # On SQLite nothing can be written meanwhile, and others read.
        self.others = Clients(urls, rest, people.slots[WAITING:], emil)
        self.reader = Probe.reading(urls[0], rest[0]["token"])
        self.health, self.ready = Probe.of(server, "/healthz"), Probe.of_database(server)

    def run(self, url: str, seconds: int) -> None:
        with ExitStack() as stack:
            if not self.is_sqlite:
                stack.enter_context(self.others.sending())
            for probe in (self.reader, self.health):
                stack.enter_context(probe.sending())
            stack.enter_context(self.ready.sending(1))
            stack.enter_context(self.waiting.sending())
            time.sleep(WARM_UP_SECONDS)  # clients book before the failure
            with locking(url):
                self.begin = time.monotonic()
                time.sleep(seconds)  # the drill
                self.end = time.monotonic()
            time.sleep(AFTERWARDS_SECONDS)  # clients book after the failure

    def acknowledged(self) -> list[str]:
        return [*self.waiting.acknowledged, *self.others.acknowledged]

    def result(self, database: str, seconds: int, lost: int, doubled: int) -> Result:
        times = (self.begin, self.end)
        others = [*self.others.during(*times), *self.reader.during(*times)]
        health, ready = (each.during(*times) for each in (self.health, self.ready))
        waiting = outcomes(self.waiting.during(*times))
        afterwards = outcomes(self.waiting.during(self.end + 1, time.monotonic()))
        what = database if self.is_sqlite else f"{database} row"
        return Result(
            f"{what} locked for {seconds} s, {WAITING} waiting",
            f"others {outcomes(others)}, {slowest(others)}; /healthz {slowest(health)}; /readyz "
            f"{outcomes(ready)}; of the row {waiting}, afterwards {afterwards}; {lost} lost, "
            f"{doubled} doubled",
            BOUND,
            # On a machine that is busy with other things, others can be rejected once, too.
            passed=bool(others)
            and outcomes(others).keys() <= {"booked", "200", "busy"}
            and outcomes(health).keys() == {"200"}
            and outcomes(ready).keys() <= ({"ok", "unavailable"} if self.is_sqlite else {"ok"})
            and waiting.keys() <= OF_THE_ROW
            and afterwards.keys() == {"booked"}
            and (lost, doubled) == (0, 0),
            in_time="busy" not in outcomes(others)
            and percentile(others, 99) < 1
            and percentile(health, 99) < 0.05,
        )
