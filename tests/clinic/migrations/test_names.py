"""Migrations users/0008, users/0009, clinic/0011 and clinic/0012 add and fill the folded fields."""

import json

import pytest

from tests.support.databases import DATABASES
from tests.support.migrated_databases import migrated
from tests.support.processes import run
from tests.support.required_databases import require

ACCOUNTS = 2001
FOLDED = [
    ACCOUNTS,
    [
        ["IŞIK", "van  Dyk", "isik", "vandyk"],
        ["Last", "Person", "last", "person"],
        ["Ærin", "O\u2019Brien-Müller", "aerin", "obrienmuller"],
    ],
    [
        ["HALS\u2011Nasen  Ohren", "hals-nasen ohren", "halsnasenohren"],
        ["hals-nasen ohren", "hals-nasen ohren", "halsnasenohren"],
        ["Pädiatrie", "pädiatrie", "padiatrie"],
        ["Padiatrie", "padiatrie", "padiatrie"],
    ],
    [0, 1, 1, 2],
]
TEXTS = [
    ACCOUNTS,
    [["IŞIK", "van  Dyk"], ["Last", "Person"], ["Ærin", "O\u2019Brien-Müller"]],
    ["HALS\u2011Nasen  Ohren", "hals-nasen ohren", "Pädiatrie", "Padiatrie"],
]


@pytest.mark.own_database
@pytest.mark.parametrize("database", DATABASES)
def test_migrations_fill_the_folded_fields_in_both_directions(database: str) -> None:
    require(database)
    with migrated(database) as url:
        states = json.loads(run("tests.clinic.migrations.old_names", DATABASE_URL=url))
    assert states == [FOLDED, TEXTS, FOLDED]
