"""Fifty patients book and cancel at once on SQLite, with the server that ``make run`` starts."""

import time

from tests.drills.clients import Clients, outcomes, percentile, slowest, wrong_state
from tests.drills.clinic import clinic
from tests.drills.result import Result
from tests.support.live_server import UVICORN

WRITERS = 50
BOUND = "0 locked, 0 lost, 0 doubled, p99 < 2 s"


def measure(seconds: int) -> list[Result]:
    """Run the drill for so long."""
    with clinic("SQLite", WRITERS, server=UVICORN) as running:
        people = running.people
        # A slot of their own, half of them with each doctor.
        halves = [
            Clients([running.url], people.patients[n::2], people.slots[n::2], doctor)
            for n, doctor in enumerate(running.doctors)
        ]
        with halves[0].sending(), halves[1].sending():
            time.sleep(seconds)  # the drill
        attempts = [each for half in halves for each in half.attempts]
        acknowledged = [id_ for half in halves for id_ in half.acknowledged]
        lost, doubled = wrong_state(running.database, acknowledged)
    return [
        Result(
            f"{WRITERS} writers on SQLite for {seconds} s",
            f"{outcomes(attempts)}, {slowest(attempts)}; {lost} lost, {doubled} doubled",
            BOUND,
            passed=outcomes(attempts).keys() == {"booked"} and (lost, doubled) == (0, 0),
            in_time=percentile(attempts, 99) < 2,
        )
    ]
