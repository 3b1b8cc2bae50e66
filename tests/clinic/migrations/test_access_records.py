"""Migration clinic/0006 merges access records of one request that differ by patient only."""

import json

import pytest

from tests.support.databases import DATABASES, scratch
from tests.support.processes import run
from tests.support.required_databases import require


@pytest.mark.own_database
@pytest.mark.parametrize("database", DATABASES)
@pytest.mark.parametrize(
    ("batch", "batches"), [(1000, 0), (1, 0), (1, 1)], ids=["whole", "batches", "interrupted"]
)
def test_access_record_migration_merges_rows_of_one_operation(
    database: str, batch: int, batches: int
) -> None:
    require(database)
    with scratch(database) as url:
        arguments = (str(batch), str(batches))
        rows = json.loads(
            run("tests.clinic.migrations.old_access_records", *arguments, DATABASE_URL=url)
        )
    assert rows == [
        [[0, 1], "List", ["Patient.address"]],
        [[2], "List", ["Patient.address", "Patient.dateOfBirth"]],
        [[0, 1], "List", ["Patient.address"]],
    ]
