"""How much the proofs do, by ``PROOF``: quick (make test), reduced (.ci/run), full (make full).

Quick leaves out the databases that the environment does not name; the others
fail without them.
"""

import os
from dataclasses import dataclass

from hypothesis import HealthCheck, settings


@dataclass(frozen=True)
class Scale:
    clients: int  # processes in one race
    rounds: int  # times that each race is run
    duels: int  # times that two processes want one slot
    storm: int  # answers that clients have before the server is killed
    clinics: int  # random clinics whose slots are looked at
    clinics_tried_out: int  # random clinics where every time of a day is asked for
    lives: int  # random lives of a clinic
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

# The same examples every time, but for the full run, which looks for new ones.
HYPOTHESIS = settings(
    deadline=None,
    database=None,
    derandomize=SCALE is not SCALES["full"],
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
