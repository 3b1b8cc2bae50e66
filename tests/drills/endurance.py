"""Thousands of mixed requests: the server's memory, descriptors and threads stay as they are."""

import time
from pathlib import Path
from typing import NamedTuple

from tests.drills.clients import outcomes, slowest
from tests.drills.clinic import clinic
from tests.drills.mixed import Mixed
from tests.drills.result import Result
from tests.support.bursts import count_connections

PATIENTS = 16
# In a full run of 30 seconds or more, else so many for each second.
REQUESTS, REQUESTS_A_SECOND = 20_000, 40
LIMIT_SECONDS = 1800
# Of the requests; until then caches fill, and each thread opens its connection.
WARM_UP = 0.4
GROWTH = 1.1
BOUND = "memory < +10 %; descriptors, threads and connections no more than after the warm-up"


class Usage(NamedTuple):
    """What all processes of the server use together."""

    megabytes: int
    descriptors: int
    threads: int
    connections: int

    @classmethod
    def of(cls, master: int, database: str) -> "Usage":
        children = Path(f"/proc/{master}/task/{master}/children").read_text()
        pids = [master, *map(int, children.split())]
        statuses = [_status(pid) for pid in pids]
        return cls(
            sum(int(status["VmRSS"].split()[0]) for status in statuses) // 1024,
            sum(len([*Path(f"/proc/{pid}/fd").iterdir()]) for pid in pids),
            sum(int(status["Threads"]) for status in statuses),
            count_connections("PostgreSQL", database),
        )


def _status(pid: int) -> dict[str, str]:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return {key: value.strip() for key, _, value in (line.partition(":") for line in lines)}


def measure(seconds: int) -> list[Result]:
    """Run the drill until so many requests are answered."""
    wanted = REQUESTS if seconds >= 30 else seconds * REQUESTS_A_SECOND
    with clinic("PostgreSQL", PATIENTS, WEB_CONCURRENCY="2") as running:
        load = Mixed(running.url, running.people)
        master = running.server.process.pid
        with load.sending():
            _wait_for(load, int(wanted * WARM_UP))
            before = Usage.of(master, running.database)
            _wait_for(load, wanted)
            after = Usage.of(master, running.database)
    # Idle connections of clients are descriptors, too: each client keeps one at most.
    clients = len(running.people.patients) + len(running.people.doctors)
    return [
        Result(
            f"{wanted:,} mixed requests",
            f"{outcomes(load.attempts)}, {slowest(load.attempts)}; before {before._asdict()}, "
            f"after {after._asdict()}",
            BOUND,
            passed=not load.unexpected()
            and after.descriptors <= before.descriptors + clients
            and after.threads <= before.threads
            and after.connections <= before.connections,
            # In a short run, memory still grows.
            in_time=after.megabytes < GROWTH * before.megabytes,
        )
    ]


def _wait_for(load: Mixed, number: int) -> None:
    deadline = time.monotonic() + LIMIT_SECONDS
    while len(load.attempts) < number:
        assert time.monotonic() < deadline, "too few requests were answered"
        time.sleep(0.1)  # the clients work meanwhile
