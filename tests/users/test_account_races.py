"""Tests of concurrent requests that change one account."""

import json
from typing import Any

import pytest

from tests.support.databases import DATABASES
from tests.support.migrated_databases import migrated
from tests.support.processes import run
from tests.support.required_databases import require
from tests.support.scale import SCALE

pytestmark = [pytest.mark.own_database, pytest.mark.parametrize("database", DATABASES)]


def outcomes(database: str, *options: str) -> Any:
    require(database)
    with migrated(database) as url:
        rounds = ("--rounds", str(SCALE.two_client_rounds))
        return json.loads(run("tests.users.account_races", *rounds, *options, DATABASE_URL=url))


def test_account_races_have_one_winner_and_consistent_sessions(database: str) -> None:
    assert outcomes(database) == {
        "refreshes": [{"signed in": 8, "next tokens": 1, "spent": 1, "rows": 2}],
        "registrations": [{"accounts": 1, "registered": 1, "rejected": {"unique": 7}}],
        "resets": [{"reset": 1, "token": 7}],
        "revocation": [{"live": 0}],
        "new_password": [{"live": 0}],
        "sign_ins": [{"live": 0}],
        "one_time_codes": [{"accepted": 2, "invalid": 14}],
    }


def test_rotate_with_random_next_tokens_signs_other_clients_out(database: str) -> None:
    assert outcomes(database, "--random-tokens") == {
        "refreshes": [{"signed in": 1, "next tokens": 1, "spent": 1, "rows": 2}]
    }
