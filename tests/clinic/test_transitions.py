"""The table of status transitions in ``clinic.rules``."""

import pytest

from clinic.rules import OPEN_STATUSES, TRANSITIONS, ActingRole, Status, next_statuses


def test_transitions_start_from_open_statuses() -> None:
    assert {rule.source for rule in TRANSITIONS} == OPEN_STATUSES


def test_transitions_are_unique_by_action_role_and_source() -> None:
    keys = [(rule.action, role, rule.source) for rule in TRANSITIONS for role in rule.roles]
    assert len(keys) == len(set(keys))


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (Status.PENDING, [Status.PENDING, Status.CONFIRMED, Status.CANCELLED]),
        (Status.CONFIRMED, [Status.CONFIRMED, Status.COMPLETED, Status.CANCELLED]),
        (Status.COMPLETED, [Status.COMPLETED]),
        (Status.CANCELLED, [Status.CANCELLED]),
    ],
)
def test_next_statuses_of_staff(status: Status, expected: list[Status]) -> None:
    assert next_statuses(status, ActingRole.STAFF) == expected
