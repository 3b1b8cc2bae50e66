"""Migrations users/0011 and 0012 fill the start of sessions and verified addresses."""

import json

import pytest

from tests.support.databases import DATABASES
from tests.support.migrated_databases import migrated
from tests.support.processes import run
from tests.support.required_databases import require


@pytest.mark.own_database
@pytest.mark.parametrize("database", DATABASES)
def test_account_migrations_fill_sessions_and_verified_addresses_in_both_directions(
    database: str,
) -> None:
    require(database)
    with migrated(database) as url:
        states = json.loads(run("tests.users.migrations.old_accounts", DATABASE_URL=url))
    filled = {
        "session_started_at": "2026-02-01 12:00:00+00:00",
        "email_verified_at": "2026-01-01 12:00:00+00:00",
    }
    assert states == [filled, filled]
