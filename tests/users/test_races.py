"""What holds when several ask at the same moment."""

import json
from pathlib import Path
from typing import Any

from tests.processes import run

ROUNDS = 5


def outcomes(folder: Path, *options: str) -> Any:
    url = f"sqlite:///{folder / 'races.sqlite3'}"
    return json.loads(run("tests.users.races", "--rounds", str(ROUNDS), *options, DATABASE_URL=url))


def test_each_race_has_one_winner_and_nobody_is_signed_out_or_in_by_it(tmp_path: Path) -> None:
    assert outcomes(tmp_path) == {
        "refreshes": [{"signed in": 8, "next tokens": 1, "spent": 1, "rows": 2}],
        "registrations": [{"accounts": 1, "registered": 1, "refused": {"unique": 7}}],
        "resets": [{"reset": 1, "token": 7}],
        "revocation": [{"live": 0}],
        "new_password": [{"live": 0}],
        "sign_ins": [{"live": 0}],
    }


def test_a_next_token_that_is_drawn_would_sign_the_losers_out(tmp_path: Path) -> None:
    assert outcomes(tmp_path, "--drawn-tokens") == {
        "refreshes": [{"signed in": 1, "next tokens": 1, "spent": 1, "rows": 2}]
    }
