"""Concurrent uses of links in emails: each works once, and none proves another address."""

import json
from typing import Any

import pytest

from tests.support.databases import DATABASES
from tests.support.migrated_databases import migrated
from tests.support.processes import run
from tests.support.required_databases import require
from tests.support.scale import SCALE

pytestmark = pytest.mark.own_database


def outcomes(database: str, *options: str, rounds: int = SCALE.two_client_rounds) -> Any:
    require(database)
    with migrated(database) as url:
        return json.loads(
            run("tests.users.email_races", "--rounds", str(rounds), *options, DATABASE_URL=url)
        )


@pytest.mark.parametrize("database", DATABASES)
def test_email_races_use_each_link_once_and_prove_the_right_address(database: str) -> None:
    found = outcomes(database)
    stays_unverified = {"address": "new@example.org", "verified": False}
    assert found.pop("verification_and_staff") == [stays_unverified]
    assert found == {
        "verifications": [{"done": 1, "token": 7}],
        "verification_and_change": [
            {"changed": True, "address": "new@example.org", "verified": True}
        ],
        "changes": [{"done": 8, "links": {"change": 1, "stop": 1}}],
        "two_accounts_change_to_one_address": [{"done": 1, "token": 1, "accounts": 1}],
        "change_and_stop": [{"address": "ann@example.org", "links": 0}],
        "invitations_": [{"done": 8, "links": 1}],
        "acceptances": [{"done": 1, "token": 7}],
    }


@pytest.mark.parametrize("database", ["PostgreSQL", "MariaDB"])
def test_email_races_without_locks_leave_several_links(database: str) -> None:
    """The negative control. Not on SQLite, whose transactions lock the whole database."""
    # In some rounds the threads happen to come one after another. The first that goes wrong is the
    # last.
    found = outcomes(database, "--without-locks", rounds=1000)
    assert max(outcome["links"] for outcome in found["invitations_"]) > 1
