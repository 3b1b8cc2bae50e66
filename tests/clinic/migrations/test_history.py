"""Migrations clinic/0016 and 0017: requests wait from then on; both can be reversed."""

import json

import pytest

from tests.support.databases import DATABASES, scratch
from tests.support.processes import run
from tests.support.required_databases import require

ANN, DORA = "ann@example.org", "dora@example.org"


@pytest.mark.own_database
@pytest.mark.parametrize("database", DATABASES)
def test_migrations_of_appointment_types_can_be_reversed(database: str) -> None:
    require(database)
    with scratch(database) as url:
        states = json.loads(run("tests.clinic.migrations.old_history", DATABASE_URL=url))
    assert states == {
        "new": {
            "waits_since_migration": [True, None, None],
        },
        "old": {
            "statuses": ["pending", "confirmed", "cancelled"],
            "history": [
                *[["pending", ANN]] * 2,
                *[["pending", ANN], ["confirmed", ANN], ["confirmed", DORA]],
                *[["pending", ANN], ["cancelled", ANN]],
            ],
            "ticks": [[person, tick] for person in (ANN, DORA) for tick in range(5)],
            "notifications": [
                [kind, "confirmed"]
                for kind in ("booked", "cancelled", "confirmed", "moved", "moved")
            ],
        },
    }
