"""Migration users/0007 converts email addresses, and marks those that it cannot convert."""

import json

import pytest

from tests.support.databases import DATABASES
from tests.support.migrated_databases import migrated
from tests.support.processes import run
from tests.support.required_databases import require

CONVERTED = [
    ["ann@example.org", False],
    ["eva@xn--strae-oqa.de", False],
    ["eva@strasse.de", False],
    ["user@münchen-praxis.de", True],
    ["user@xn--mnchen-praxis-wob.de", False],
    ["ben@mün\u00adchen.de", True],
    ["ben@mün\u200bchen.de", True],
    ["adm\u0131n@example.org", True],
    ["admin@example.org", False],
    ['"quoted"@example.org', True],
    ["lone@xn--mnchen-praxis-wob.de", False],
]


@pytest.mark.own_database
@pytest.mark.parametrize("database", DATABASES)
def test_canonical_email_migration_converts_or_marks_in_both_directions(database: str) -> None:
    require(database)
    with migrated(database) as url:
        states = json.loads(run("tests.users.migrations.old_addresses", DATABASE_URL=url))
    assert states == [CONVERTED, [email for email, _mark in CONVERTED], CONVERTED]
