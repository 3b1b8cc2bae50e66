"""A mail server accepts connections and never speaks, while patients book."""

import json
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from tests.drills.clients import COUNT, Clients, outcomes, percentile, slowest
from tests.drills.clinic import clinic
from tests.drills.result import Result
from tests.support.live_accounts import Actor
from tests.support.live_server import Server
from tests.support.processes import ROOT, run

# EMAIL_TIMEOUT of config/settings.py, and what a slow machine needs.
TIMEOUT_SECONDS, SLACK_SECONDS = 30, 15
LIMIT_SECONDS = 5 * TIMEOUT_SECONDS
WORKER = [sys.executable, "manage.py", "db_worker", "--no-startup-delay"]
BOUND = (
    f"bookings p99 < 1 s; the worker waits {TIMEOUT_SECONDS} s, and the email is sent again later"
)


def measure(seconds: int) -> list[Result]:
    """Run the drill. How long it takes depends on the worker, and not on ``seconds``."""
    del seconds
    with socket.create_server(("127.0.0.1", 0)) as silent:
        silent.settimeout(LIMIT_SECONDS)
        email_url = f"smtp://127.0.0.1:{silent.getsockname()[1]}"
        with clinic("PostgreSQL", COUNT, EMAIL_URL=email_url) as running:
            people = running.people
            Actor(running.server, "PATIENT")  # the email is the link to verify the address
            clients = Clients([running.url], people.patients, people.slots, running.doctors[0])
            with clients.sending(), _worker(running.server):
                waited = _wait_until_given_up(silent)
            queue = json.loads(run("tests.drills.tasks", DATABASE_URL=running.database))
    answers = outcomes(clients.attempts)
    tried = [task for task in queue if task[1:] == ["READY", 1]]
    return [
        Result(
            "mail server silent",
            f"the worker gave up after {waited:.0f} s, and tries {len(tried)} emails again later; "
            f"bookings {answers}, {slowest(clients.attempts)}",
            BOUND,
            passed=answers.keys() == {"booked"} and len(tried) == 1,
            in_time=percentile(clients.attempts, 99) < 1
            and waited < TIMEOUT_SECONDS + SLACK_SECONDS,
        )
    ]


@contextmanager
def _worker(server: Server) -> Iterator[None]:
    """Run a worker for the duration of the block; it then finishes its task."""
    worker = subprocess.Popen(WORKER, env=server.environment, cwd=ROOT)  # noqa: S603 - our own command
    try:
        yield
    finally:
        worker.send_signal(signal.SIGINT)
        worker.wait(LIMIT_SECONDS)


def _wait_until_given_up(silent: socket.socket) -> float:
    """Return how many seconds the worker waited for the mail server to speak."""
    connection, _address = silent.accept()
    began = time.monotonic()
    with connection:
        connection.settimeout(LIMIT_SECONDS)
        while connection.recv(1024):
            pass
    return time.monotonic() - began
