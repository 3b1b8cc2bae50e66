"""No notification is lost in a crash, and one crash causes at most one duplicate email."""

import json

import pytest

from tests.support.databases import DATABASES
from tests.support.migrated_databases import migrated
from tests.support.processes import run
from tests.support.required_databases import require

pytestmark = pytest.mark.own_database


def counts(notifications: int, *, duplicates: int = 0) -> dict[str, int]:
    """Every notification is sent, with the given number of duplicates."""
    return {
        "notifications": notifications,
        "unsent": 0,
        "emails": notifications,
        "duplicates": duplicates,
    }


@pytest.mark.parametrize("database", DATABASES)
@pytest.mark.parametrize(
    ("scenario", "expected"),
    [
        # Mail programs recognize the duplicate by its Message-ID, which is the same.
        ("worker_killed_before_mark_sent", counts(2, duplicates=1)),
        ("booking_process_killed_after_commit", counts(2)),
        ("reminders_enqueued_twice_with_two_workers", counts(3)),
        ("two_workers_with_one_notification", counts(2)),
        # The negative control.
        ("two_workers_without_claims", counts(2, duplicates=1)),
    ],
)
def test_send_notification_survives_crashes_and_concurrent_workers(
    database: str, scenario: str, expected: dict[str, int]
) -> None:
    require(database)
    with migrated(database) as url:
        output = run("tests.races.notification_delivery", scenario, DATABASE_URL=url)
    assert json.loads(output) == expected
