"""A mail server accepts connections and never speaks, while patients book."""

import json
import socket
import subprocess
import sys
import time

from tests.drills.clients import COUNT, Clients, outcomes, percentile, slowest
from tests.drills.clinic import clinic
from tests.drills.result import Result
from tests.support.live_accounts import Actor
from tests.support.live_server import ROOT
from tests.support.processes import run

# EMAIL_TIMEOUT of config/settings.py, and the start of the worker.
TIMEOUT_SECONDS, SLACK_SECONDS = 30, 15
LIMIT_SECONDS = 5 * TIMEOUT_SECONDS
WORKER = [sys.executable, "manage.py", "db_worker", "--batch", "--no-startup-delay"]
BOUND = (
    f"bookings p99 < 1 s; the worker waits {TIMEOUT_SECONDS} s, and the email is sent again later"
)


def measure(seconds: int) -> list[Result]:
    """Run the drill. How long it takes depends on the worker, and not on ``seconds``."""
    del seconds
    with socket.create_server(("127.0.0.1", 0)) as silent:
        email_url = f"smtp://127.0.0.1:{silent.getsockname()[1]}"
        with clinic("PostgreSQL", COUNT, EMAIL_URL=email_url) as running:
            people = running.people
            Actor(running.server, "PATIENT")  # the email is the link to verify the address
            clients = Clients([running.url], people.patients, people.slots, running.doctors[0])
            with clients.sending():
                began = time.monotonic()
                # The oldest task is the email to the new account.
                subprocess.run(  # noqa: S603 - our own command
                    [*WORKER, "--max-tasks=1"],
                    env=running.server.environment,
                    cwd=ROOT,
                    check=True,
                    capture_output=True,
                    timeout=LIMIT_SECONDS,
                )
                waited = time.monotonic() - began
            queue = json.loads(run("tests.drills.tasks", DATABASE_URL=running.database))
    answers = outcomes(clients.attempts)
    oldest = queue[0]
    return [
        Result(
            "mail server silent",
            f"the worker waited {waited:.0f} s, task then {oldest}; bookings {answers}, "
            f"{slowest(clients.attempts)}",
            BOUND,
            passed=answers.keys() == {"booked"} and oldest[1:] == ["READY", 1],
            in_time=percentile(clients.attempts, 99) < 1
            and waited < TIMEOUT_SECONDS + SLACK_SECONDS,
        )
    ]
