"""Migration clinic/0021: entries of the history get the type of their appointment."""

import json

import pytest

from tests.support.databases import DATABASES, scratch
from tests.support.processes import run
from tests.support.required_databases import require


@pytest.mark.own_database
@pytest.mark.parametrize("database", DATABASES)
def test_migration_adds_types_to_the_history_and_can_be_reversed(database: str) -> None:
    require(database)
    with scratch(database) as url:
        states = json.loads(run("tests.clinic.migrations.old_types", DATABASE_URL=url))
    assert states == {
        "new": [["09:00", "Check-up"], ["09:00", "Check-up"], ["10:00", None], ["10:00", None]],
        "old": 4,
    }
