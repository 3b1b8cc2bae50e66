"""How much the proofs do, by ``PROOF``: quick (make test), reduced (.ci/run), full (make full).

Quick leaves out the databases that the environment does not name; the others
fail without them.
"""

import os
from dataclasses import dataclass


@dataclass(frozen=True)
class Scale:
    clients: int  # processes in one race
    rounds: int  # times that each race is run
    duels: int  # times that two processes want one slot
    storm_seconds: float  # how long clients book before the server is killed
    examples: int  # random clinics that Hypothesis tries
    steps: int  # changes that it makes to each
    needs_every_database: bool


SCALES = {
    "quick": Scale(
        clients=10,
        rounds=1,
        duels=5,
        storm_seconds=1,
        examples=6,
        steps=20,
        needs_every_database=False,
    ),
    "reduced": Scale(
        clients=50,
        rounds=1,
        duels=10,
        storm_seconds=2,
        examples=25,
        steps=30,
        needs_every_database=True,
    ),
    "full": Scale(
        clients=50,
        rounds=5,
        duels=50,
        storm_seconds=10,
        examples=300,
        steps=50,
        needs_every_database=True,
    ),
}
SCALE = SCALES[os.environ.get("PROOF", "quick")]
