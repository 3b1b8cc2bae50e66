"""Processes of gunicorn are killed while patients book, and started again as systemd does."""

import os
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx

from tests.drills.clients import COUNT, Clients, outcomes, wrong_state
from tests.drills.clinic import environment_of, prepared
from tests.drills.result import Result
from tests.drills.supervisor import Supervisor, restart_seconds
from tests.support.database_servers import SERVER_TYPES, not_installed
from tests.support.live_server import GUNICORN, reserved_port, wait_until_alive

BACK_SECONDS = 5
# Longest time that the drill waits for the server; more than BACK_SECONDS on a slow machine.
LIMIT_SECONDS = 60
BOUND = f"0 lost, 0 doubled, coded errors only, booked again in < {BACK_SECONDS} s"
# A connection that breaks is ``lost``; its client sends the request again, with the same key.
OUTCOMES = {"booked", "lost", "busy"}


def measure(seconds: int) -> list[Result]:
    """Run the drill; each kind of kill is repeated for a third of ``seconds``."""
    return [_measure(database, seconds) for database in SERVER_TYPES]


def _measure(database: str, seconds: int) -> Result:
    drill = f"gunicorn killed, {database}"
    if reason := not_installed(database):
        return Result(drill, reason, BOUND, passed=False)
    with (
        prepared(database, COUNT) as (url, people, folder),
        _supervised(url, folder) as (supervisor, address),
    ):
        clients = Clients(
            [f"http://{address}/graphql/"], people.patients, people.slots, people.doctors[0]["id"]
        )
        pauses: dict[str, list[float]] = {"a worker": [], "all workers": [], "the master": []}
        with clients.sending():
            _wait_until_booked(clients)
            for victim, found in pauses.items():
                deadline = time.monotonic() + seconds / len(pauses)
                while not found or time.monotonic() < deadline:
                    _kill(supervisor, victim)
                    found.append(_wait_until_booked(clients))
        lost, doubled = wrong_state(url, clients.acknowledged)
    answers = outcomes(clients.attempts)
    longest = max(max(found) for found in pauses.values())
    measured = ", ".join(
        f"{what} {len(found)} x <= {max(found):.1f} s" for what, found in pauses.items()
    )
    return Result(
        drill,
        f"booked again after {measured}; {answers}; {lost} lost, {doubled} doubled",
        BOUND,
        passed=(lost, doubled) == (0, 0) and answers.keys() <= OUTCOMES,
        in_time=longest < BACK_SECONDS,
    )


@contextmanager
def _supervised(url: str, folder: Path) -> Iterator[tuple[Supervisor, str]]:
    with reserved_port() as port:
        command = [sys.executable, *(part.format(port=port) for part in GUNICORN)]
        environment = environment_of(url, WEB_CONCURRENCY="2")
        log = folder / "gunicorn.log"
        supervisor = Supervisor(command, environment, log, restart_seconds())
        address = f"127.0.0.1:{port}"
        try:
            probe = f"http://{address}/healthz"
            wait_until_alive(supervisor.process, lambda: httpx.get(probe).is_success, log)
            yield supervisor, address
        finally:
            supervisor.stop()


def _kill(supervisor: Supervisor, victim: str) -> None:
    pids = [supervisor.process.pid] if victim == "the master" else supervisor.children()
    for pid in pids[:1] if victim == "a worker" else pids:
        with suppress(ProcessLookupError):  # it can have ended by itself
            os.kill(pid, signal.SIGKILL)


def _wait_until_booked(clients: Clients) -> float:
    """Wait for a booking that is sent from now on; return after how many seconds it came."""
    began = time.monotonic()
    while time.monotonic() < began + LIMIT_SECONDS:
        for each in clients.during(began, time.monotonic()):
            if each.outcome == "booked":
                return each.sent_at + each.seconds - began
        time.sleep(0.01)  # the clients work meanwhile
    return LIMIT_SECONDS
