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
    two_client_rounds: int  # repetitions of races between two processes
    responses_before_kill: int  # responses that clients receive before the server is killed
    clinics: int  # random clinics whose slots are compared with the reference model
    exhaustive_clinics: int  # random clinics in which every time of a day is booked
    change_sequences: int  # random sequences of changes to a clinic
    steps: int  # changes in each of them
    documents: int  # generated documents that are executed with and without plans
    all_callers: bool  # each argument of a page is tried as every caller, not as one of each role
    needs_every_database: bool


SCALES = {
    "quick": Scale(
        clients=10,
        rounds=1,
        two_client_rounds=5,
        responses_before_kill=20,
        clinics=30,
        exhaustive_clinics=3,
        change_sequences=20,
        steps=30,
        documents=60,
        all_callers=False,
        needs_every_database=False,
    ),
    "reduced": Scale(
        clients=12,
        rounds=1,
        two_client_rounds=5,
        responses_before_kill=25,
        clinics=40,
        exhaustive_clinics=4,
        change_sequences=25,
        steps=40,
        documents=120,
        all_callers=False,
        needs_every_database=True,
    ),
    "full": Scale(
        clients=50,
        rounds=5,
        two_client_rounds=50,
        responses_before_kill=1000,
        clinics=2000,
        exhaustive_clinics=100,
        change_sequences=500,
        steps=60,
        documents=10000,
        all_callers=True,
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
