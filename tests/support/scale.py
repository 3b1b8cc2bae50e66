"""Sizes of the race, crash and property tests, chosen by the environment variable ``PROOF``.

quick (``make test``), reduced (``.ci/run``), full (``make full``). Quick skips tests of databases
that the environment does not name; the others fail without them.
"""

import os
from dataclasses import dataclass

from hypothesis import HealthCheck, settings


@dataclass(frozen=True)
class Scale:
    clients: int  # processes in one race
    rounds: int  # repetitions of each race
    duels: int  # repetitions of races between two processes
    storm: int  # responses that clients receive before the server is killed
    clinics: int  # random clinics whose slots are compared with the reference model
    clinics_tried_out: int  # random clinics in which every time of a day is booked
    lives: int  # random sequences of changes to a clinic
    steps: int  # changes in each of them
    needs_every_database: bool


SCALES = {
    "quick": Scale(
        clients=10,
        rounds=1,
        duels=5,
        storm=20,
        clinics=40,
        clinics_tried_out=2,
        lives=25,
        steps=30,
        needs_every_database=False,
    ),
    "reduced": Scale(
        clients=25,
        rounds=1,
        duels=8,
        storm=50,
        clinics=150,
        clinics_tried_out=10,
        lives=60,
        steps=40,
        needs_every_database=True,
    ),
    "full": Scale(
        clients=50,
        rounds=5,
        duels=50,
        storm=1000,
        clinics=2000,
        clinics_tried_out=100,
        lives=500,
        steps=60,
        needs_every_database=True,
    ),
}
SCALE = SCALES[os.environ.get("PROOF", "quick")]

# Runs use the same examples every time, except the full run, which generates new ones.
HYPOTHESIS = settings(
    deadline=None,
    database=None,
    derandomize=SCALE is not SCALES["full"],
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
