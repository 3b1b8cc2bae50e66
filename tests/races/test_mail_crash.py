"""No letter is lost, whoever dies, and one death makes one duplicate at most."""

import json

import pytest

from tests.support.databases import DATABASES, require, scratch
from tests.support.processes import run

pytestmark = pytest.mark.own_database


@pytest.mark.parametrize("database", DATABASES)
@pytest.mark.parametrize(
    ("drill", "left"),
    [
        # The duplicate has its letter's Message-ID, by which mailboxes can tell it.
        (
            "crash_between_send_and_mark",
            {"owed": 2, "unsent": 0, "letters": 2, "duplicates": 1},
        ),
        ("crash_after_commit", {"owed": 2, "unsent": 0, "letters": 2, "duplicates": 0}),
        ("two_workers_and_two_sweeps", {"owed": 3, "unsent": 0, "letters": 3, "duplicates": 0}),
        ("two_workers_at_one_letter", {"owed": 2, "unsent": 0, "letters": 2, "duplicates": 0}),
        # The negative control.
        (
            "two_workers_at_one_letter_unguarded",
            {"owed": 2, "unsent": 0, "letters": 2, "duplicates": 1},
        ),
    ],
)
def test_what_is_in_the_mailboxes_in_the_end(
    database: str, drill: str, left: dict[str, int]
) -> None:
    require(database)
    with scratch(database) as url:
        assert json.loads(run("tests.races.mail_crash", drill, DATABASE_URL=url)) == left
