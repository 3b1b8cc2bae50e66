"""Migration clinic/0008 renames Notice to Notification."""

import json

import pytest

from tests.support.databases import DATABASES, scratch
from tests.support.processes import run
from tests.support.required_databases import require

ACTIONS = ("add", "change", "delete", "view")


def state_with(model: str) -> dict[str, object]:
    """The rows and the group's permissions, under the model's name."""
    return {
        "notifications": [["ann@example.org", "booked"]],
        "permissions": [
            [model, f"{action}_{model}", f"Can {action} {model}"] for action in ACTIONS
        ],
    }


@pytest.mark.own_database
@pytest.mark.parametrize("database", DATABASES)
def test_notification_migration_keeps_rows_and_grants_in_both_directions(database: str) -> None:
    require(database)
    with scratch(database) as url:
        states = json.loads(run("tests.clinic.migrations.old_notifications", DATABASE_URL=url))
    assert states == [state_with("notification"), state_with("notice")]
