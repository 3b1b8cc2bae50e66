"""What older data become."""

import json

import pytest

from tests.support.databases import DATABASES, require, scratch
from tests.support.processes import run


@pytest.mark.own_database
@pytest.mark.parametrize("database", DATABASES)
def test_rows_of_the_audit_for_a_patient_each_become_one_for_each_operation(database: str) -> None:
    require(database)
    with scratch(database) as url:
        rows = json.loads(run("tests.clinic.migrations.old_access_records", DATABASE_URL=url))
    assert rows == [
        [[0, 1], "List", ["Patient.address"]],
        [[2], "List", ["Patient.address", "Patient.dateOfBirth"]],
        [[0, 1], "List", ["Patient.address"]],
    ]
