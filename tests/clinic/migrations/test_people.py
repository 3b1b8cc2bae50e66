"""Migrations users/0014 and clinic/0018 to 0020: people without an account, and staff groups."""

import json
from importlib import import_module

import pytest

from tests.support.databases import DATABASES, scratch
from tests.support.processes import run
from tests.support.required_databases import require

MIGRATION = import_module("clinic.migrations.0020_staff_groups")


def reception() -> list[str]:
    """The permissions of the group Reception."""
    return sorted(
        f"{action}_{path.split('.')[1]}"
        for path, actions in MIGRATION.RECEPTION.items()
        for action in actions.split()
    )


@pytest.mark.own_database
@pytest.mark.parametrize("database", DATABASES)
def test_migrations_of_people_can_be_reversed_and_repeated(database: str) -> None:
    require(database)
    with scratch(database) as url:
        states = json.loads(run("tests.clinic.migrations.old_people", DATABASE_URL=url))
    migrated = {
        "Manager": [["view_patient"], ["dora@example.org"]],
        "Reception": [reception(), []],
        "booked_by_patient": [True, False],
    }
    assert states == {
        "new": migrated,
        "old": {
            "addresses": ["ann@example.org", "dora@example.org"],
            "placeholders": [["Carl", True], ["Merged", False]],
            "distinct": 4,
            "patients": ["ann", "Carl"],
            "appointments": 2,
            "groups": ["Manager", "Reception"],
        },
        "new again": {**migrated, "people": 2, "locks": ["register_patient"]},
    }
