import json

import pytest

from tests.support.databases import DATABASES
from tests.support.migrated_databases import migrated
from tests.support.processes import run
from tests.support.required_databases import require

pytestmark = pytest.mark.own_database
ROUNDS = 5


@pytest.mark.parametrize("database", DATABASES)
def test_appointment_admin_rejects_one_of_two_concurrent_saves(database: str) -> None:
    require(database)
    with migrated(database) as url:
        outcomes = run("tests.clinic.admin.concurrent_staff", str(ROUNDS), DATABASE_URL=url)
    one_saved = {"saved": 1, "appointments": 1, "ticks as expected": True}
    assert json.loads(outcomes) == {
        "bookings": [
            {**one_saved, "errors": [["The doctor has another appointment at this time"]]}
        ],
        "moves": [
            {**one_saved, "errors": [["Someone else changed this appointment in the meantime"]]}
        ],
    }
