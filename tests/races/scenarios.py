"""The races: what the clients do at the same moment, and how many of them must succeed."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tests.races import bookings, dependants, registrations
from tests.races.clients import Task
from tests.races.handovers import (
    check_reassigned,
    reassigned_while_booked,
    reopened_while_booked,
)
from tests.races.lapses import check_lapsed_once, unanswered_request
from tests.races.limits import last_move_of_a_day, last_open_appointment
from tests.races.people import People
from tests.races.schedules import check_special_hours, special_hours
from tests.races.types import (
    adjacent_buffers,
    check_booked,
    check_terms,
    check_types,
    edited_type,
    last_place_of_a_day,
    last_place_with_one_key,
    published_type,
    touching_buffers,
)

Outcomes = Sequence[str]


@dataclass(frozen=True)
class Race:
    """The calls of the clients of one race, and the expected result."""

    name: str
    tasks: Callable[[People], list[Task]]  # one for each client
    successes: int | None = 1  # per round; None if it depends on the order of the clients
    # Returns a message for each wrong outcome.
    check: Callable[[People, Outcomes], list[str]] = lambda _people, _outcomes: []
    # No two appointments share a start, so only the ticks prevent double bookings.
    ticks_only: bool = False
    # Inside another transaction a service function cannot retry, so it can return ``busy``.
    can_be_busy: bool = False
    # Only the locks prevent that a limit is exceeded, or that one change is made several times.
    locks_only: bool = False


RACES = (
    Race("one slot", bookings.one_slot),
    Race("one slot, admin", bookings.one_slot_in_admin, can_be_busy=True),
    Race("one slot, bare create()", bookings.one_slot_by_create),
    Race("staggered 45 minutes", bookings.staggered, ticks_only=True),
    Race(
        "staggered 45 minutes, admin",
        bookings.staggered_in_admin,
        ticks_only=True,
        can_be_busy=True,
    ),
    Race("staggered 45 minutes, bare create()", bookings.staggered_by_create, ticks_only=True),
    Race("one patient, two doctors", bookings.one_patient_two_doctors),
    Race(
        "one patient, two doctors, bare create()",
        bookings.one_patient_two_doctors_by_create,
        ticks_only=True,
    ),
    Race("two appointments imported", bookings.imported),
    Race("many rescheduled into one gap", bookings.rescheduled_into_one_gap),
    Race(
        "book, reschedule and cancel at once",
        bookings.book_reschedule_cancel,
        successes=None,
        check=bookings.check_cancelled_once,
    ),
    Race("last move of a day", last_move_of_a_day, locks_only=True),
    Race("last open appointment of a patient", last_open_appointment, locks_only=True),
    Race("last dependant", dependants.last_dependant, locks_only=True),
    Race("both guardians leave", dependants.both_guardians_leave, locks_only=True),
    Race(
        "guardian leaves while booking",
        dependants.guardian_leaves_while_booking,
        successes=None,
        check=dependants.check_guardian_is_left,
        locks_only=True,
    ),
    Race("last place of a day", last_place_of_a_day, locks_only=True),
    Race(
        "last place, one idempotencyKey",
        last_place_with_one_key,
        successes=None,
        check=bookings.check_one_booking,
    ),
    Race(
        "touching buffers",
        touching_buffers,
        successes=None,
        check=check_booked,
        ticks_only=True,
    ),
    Race("adjacent buffers", adjacent_buffers, successes=2),
    Race("type edited while booked", edited_type, successes=None, check=check_terms),
    Race("type published while booked", published_type, successes=None, check=check_types),
    Race("special hours", special_hours, None, check_special_hours, locks_only=True),
    Race(
        "reassigned while booked",
        reassigned_while_booked,
        successes=None,
        check=check_reassigned,
    ),
    Race("reopened while booked", reopened_while_booked),
    Race("unanswered request", unanswered_request, check=check_lapsed_once, locks_only=True),
    Race("one idempotencyKey", bookings.one_key, successes=None, check=bookings.check_one_booking),
    Race(
        "one idempotencyKey, two requests",
        bookings.one_key_two_requests,
        successes=None,
        check=bookings.check_one_request_booked,
    ),
    Race(
        "one profile",
        registrations.one_profile,
        successes=None,
        check=registrations.check_one_profile,
    ),
    Race(
        "one person registered",
        registrations.registered_at_once,
        check=registrations.check_registered_once,
        locks_only=True,
    ),
    Race(
        "merged while booked",
        registrations.merged_while_booked,
        successes=None,
        check=registrations.check_merged,
        locks_only=True,
    ),
)
TICK_CONTROLS = tuple(race for race in RACES if race.ticks_only)
LOCK_CONTROLS = tuple(race for race in RACES if race.locks_only)
