"""Migration clinic/0014 renames the unique constraint of BusyTick."""

import json

import pytest

from tests.support.databases import DATABASES, scratch
from tests.support.processes import run
from tests.support.required_databases import require


def state_with(constraint: str) -> dict[str, object]:
    return {
        "ticks": [["ann@example.org", 213_000_000]],
        "constraints": [constraint],
        "rejects_second_booking": True,
    }


@pytest.mark.own_database
@pytest.mark.parametrize("database", DATABASES)
def test_busy_tick_migration_keeps_ticks_and_constraint_in_both_directions(database: str) -> None:
    require(database)
    with scratch(database) as url:
        states = json.loads(run("tests.clinic.migrations.old_busy_ticks", DATABASE_URL=url))
    new, old = state_with("busy_tick_one_appointment"), state_with("busy_tick_one_visit")
    assert states == [new, old, new]
