"""Migration clinic/0006 merges access records of one request that differ by patient only."""

import json

import pytest

from tests.support.databases import DATABASES, require, scratch
from tests.support.processes import run


@pytest.mark.own_database
@pytest.mark.parametrize("database", DATABASES)
def test_access_record_migration_merges_rows_of_one_operation(database: str) -> None:
    require(database)
    with scratch(database) as url:
        rows = json.loads(run("tests.clinic.migrations.old_access_records", DATABASE_URL=url))
    assert rows == [
        [[0, 1], "List", ["Patient.address"]],
        [[2], "List", ["Patient.address", "Patient.dateOfBirth"]],
        [[0, 1], "List", ["Patient.address"]],
    ]
