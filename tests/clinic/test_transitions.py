"""The table of status transitions in ``clinic.rules``, cell by cell."""

import datetime as dt
from itertools import product
from zoneinfo import ZoneInfo

import pytest

from clinic.rules import (
    TRANSITIONS,
    ActingRole,
    Action,
    RuleViolation,
    Status,
    find_transition,
    next_statuses,
)
from clinic.slots import Slot

BERLIN = ZoneInfo("Europe/Berlin")
SLOT = Slot(dt.date(2026, 3, 3), dt.time(9), 30)
NOTICE = dt.timedelta(hours=1)
MOMENTS = {
    "the day before": dt.datetime(2026, 3, 2, 9, tzinfo=BERLIN),
    "at the limit": dt.datetime(2026, 3, 3, 8, tzinfo=BERLIN),
    "after the limit": dt.datetime(2026, 3, 3, 8, 1, tzinfo=BERLIN),
    "at the start": dt.datetime(2026, 3, 3, 9, tzinfo=BERLIN),
    "the day after": dt.datetime(2026, 3, 4, 9, tzinfo=BERLIN),
}
EARLY, BEFORE_START = list(MOMENTS)[:2], list(MOMENTS)[:3]
THAT_DAY, STARTED = list(MOMENTS)[1:4], list(MOMENTS)[3:]
ALWAYS = list(MOMENTS)

# (action, role, status): the resulting status, and when. Every other combination is invalid.
P, D, S = ActingRole.PATIENT, ActingRole.DOCTOR, ActingRole.STAFF
ALLOWED = {
    **{
        (action, role, source): (target, moments)
        for role in (D, S)
        for action, source, target, moments in (
            (Action.CONFIRM, "pending", "confirmed", ALWAYS),
            (Action.RECORD_ARRIVAL, "confirmed", "confirmed", THAT_DAY),
            (Action.COMPLETE, "confirmed", "completed", STARTED),
            (Action.RECORD_NO_SHOW, "confirmed", "no_show", STARTED),
            (Action.CANCEL, "pending", "cancelled", ALWAYS),
            (Action.CANCEL, "confirmed", "cancelled", ALWAYS),
            (Action.RESCHEDULE, "pending", "pending", ALWAYS),
            (Action.RESCHEDULE, "confirmed", "confirmed", ALWAYS),
            (Action.AMEND, "pending", "pending", ALWAYS),
            (Action.AMEND, "confirmed", "confirmed", ALWAYS),
            (Action.REOPEN, "cancelled", "confirmed", BEFORE_START),
            (Action.REOPEN, "completed", "confirmed", ALWAYS),
            (Action.REOPEN, "no_show", "confirmed", ALWAYS),
        )
    },
    (Action.REASSIGN, S, "pending"): ("pending", ALWAYS),
    (Action.REASSIGN, S, "confirmed"): ("confirmed", ALWAYS),
    (Action.CANCEL, P, "pending"): ("cancelled", EARLY),
    (Action.CANCEL, P, "confirmed"): ("cancelled", EARLY),
    (Action.RESCHEDULE, P, "pending"): ("pending", EARLY),
    (Action.RESCHEDULE, P, "confirmed"): ("pending", EARLY),
}


@pytest.mark.parametrize(
    ("action", "role", "status"), list(product(Action, ActingRole, Status.values))
)
def test_find_transition_matches_the_table(action: Action, role: ActingRole, status: str) -> None:
    target, moments = ALLOWED.get((action, role, status), (None, []))
    too_late = {"after the limit"} if role is P and target else set()
    changeable_until = SLOT.starts_at(BERLIN) - NOTICE
    results = {
        name: find_transition(action, role, status, SLOT, changeable_until, now)
        for name, now in MOMENTS.items()
    }
    assert {
        name: str(result.code if isinstance(result, RuleViolation) else result.target)
        for name, result in results.items()
    } == {
        name: target
        if name in moments
        else ("too_late_to_change" if name in too_late else "invalid_transition")
        for name in MOMENTS
    }


def test_only_an_automatic_type_stays_confirmed_when_its_patient_moves_it() -> None:
    overridden = {
        (rule.action, rule.source, rule.roles, rule.target_for(confirms_automatically=True))
        for rule in TRANSITIONS
        if rule.target_for(confirms_automatically=True) != rule.target
    }
    assert overridden == {
        (Action.RESCHEDULE, Status.CONFIRMED, frozenset({P}), Status.CONFIRMED),
    }
    assert [
        rule for rule in TRANSITIONS if rule.target_for(confirms_automatically=False) != rule.target
    ] == []


def test_transitions_are_unique_by_action_role_and_source() -> None:
    keys = [(rule.action, role, rule.source) for rule in TRANSITIONS for role in rule.roles]
    assert len(keys) == len(set(keys)) == len(ALLOWED)


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (Status.PENDING, [Status.PENDING, Status.CONFIRMED, Status.CANCELLED]),
        (
            Status.CONFIRMED,
            [Status.CONFIRMED, Status.COMPLETED, Status.NO_SHOW, Status.CANCELLED],
        ),
        (Status.COMPLETED, [Status.COMPLETED]),
        (Status.NO_SHOW, [Status.NO_SHOW]),
        (Status.CANCELLED, [Status.CANCELLED]),
    ],
)
def test_next_statuses_of_staff(status: Status, expected: list[Status]) -> None:
    assert next_statuses(status, ActingRole.STAFF) == expected
