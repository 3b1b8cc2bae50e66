"""The booking rules as pure functions: no database, the current time passed in."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import NamedTuple

from django.db.models import TextChoices
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from clinic.errors import BookingErrorCode, lead_time_message
from clinic.slots import (
    GRID_MINUTES,
    MINUTES_PER_DAY,
    Slot,
    clock_change_ticks,
    minute_of_day,
)

MAX_DURATION_MINUTES = 480


class Status(TextChoices):
    """Status of an appointment. Every status but CANCELLED occupies time.

    Later releases can add values.
    """

    PENDING = "pending", gettext_lazy("Pending")
    CONFIRMED = "confirmed", gettext_lazy("Confirmed")
    COMPLETED = "completed", gettext_lazy("Completed")
    NO_SHOW = "no_show", gettext_lazy("No-show")
    CANCELLED = "cancelled", gettext_lazy("Cancelled")


# Open: the appointment is still to take place, or nobody recorded how it ended.
OPEN_STATUSES = frozenset({Status.PENDING, Status.CONFIRMED})


class ActingRole(StrEnum):
    """The role in which a user acts on one appointment."""

    PATIENT = "patient"
    DOCTOR = "doctor"
    STAFF = "staff"


class Action(StrEnum):
    """A change of an existing appointment. Each has a service function of the same name."""

    CONFIRM = "confirm"
    RECORD_ARRIVAL = "record_arrival"
    COMPLETE = "complete"
    RECORD_NO_SHOW = "record_no_show"
    CANCEL = "cancel"
    RESCHEDULE = "reschedule"
    AMEND = "amend"
    REASSIGN = "reassign"
    REOPEN = "reopen"


class When(StrEnum):
    """When a transition is possible, besides that a patient can act only before the start."""

    ANY_TIME = "any time"
    BEFORE_START = "before the start"
    ON_THE_DAY = "on the day of the appointment"
    ONCE_STARTED = "once started"


class Transition(NamedTuple):
    """One allowed status change: what, from which status to which, by whom and when.

    A patient can act only before the appointment starts, and not after ``changeableUntil``.
    ``target_if_automatic`` replaces the target for types that are confirmed automatically.
    """

    action: Action
    source: Status
    target: Status
    roles: frozenset[ActingRole]
    when: When = When.ANY_TIME
    target_if_automatic: Status | None = None

    def target_for(self, *, confirms_automatically: bool) -> Status:
        """Return the status after the transition of an appointment whose type is such or not."""
        return (confirms_automatically and self.target_if_automatic) or self.target


_ALL = frozenset(ActingRole)
_PATIENT = frozenset({ActingRole.PATIENT})
_DOCTOR_OR_STAFF = _ALL - _PATIENT
_STAFF = frozenset({ActingRole.STAFF})

TRANSITIONS = (
    Transition(Action.CONFIRM, Status.PENDING, Status.CONFIRMED, _DOCTOR_OR_STAFF),
    Transition(
        Action.RECORD_ARRIVAL,
        Status.CONFIRMED,
        Status.CONFIRMED,
        _DOCTOR_OR_STAFF,
        When.ON_THE_DAY,
    ),
    Transition(
        Action.COMPLETE, Status.CONFIRMED, Status.COMPLETED, _DOCTOR_OR_STAFF, When.ONCE_STARTED
    ),
    Transition(
        Action.RECORD_NO_SHOW, Status.CONFIRMED, Status.NO_SHOW, _DOCTOR_OR_STAFF, When.ONCE_STARTED
    ),
    Transition(Action.CANCEL, Status.PENDING, Status.CANCELLED, _ALL),
    Transition(Action.CANCEL, Status.CONFIRMED, Status.CANCELLED, _ALL),
    Transition(Action.RESCHEDULE, Status.PENDING, Status.PENDING, _ALL),
    Transition(
        Action.RESCHEDULE,
        Status.CONFIRMED,
        Status.PENDING,
        _PATIENT,
        target_if_automatic=Status.CONFIRMED,
    ),
    Transition(Action.RESCHEDULE, Status.CONFIRMED, Status.CONFIRMED, _DOCTOR_OR_STAFF),
    Transition(Action.AMEND, Status.PENDING, Status.PENDING, _DOCTOR_OR_STAFF),
    Transition(Action.AMEND, Status.CONFIRMED, Status.CONFIRMED, _DOCTOR_OR_STAFF),
    Transition(Action.REASSIGN, Status.PENDING, Status.PENDING, _STAFF),
    Transition(Action.REASSIGN, Status.CONFIRMED, Status.CONFIRMED, _STAFF),
    Transition(
        Action.REOPEN, Status.CANCELLED, Status.CONFIRMED, _DOCTOR_OR_STAFF, When.BEFORE_START
    ),
    Transition(Action.REOPEN, Status.COMPLETED, Status.CONFIRMED, _DOCTOR_OR_STAFF),
    Transition(Action.REOPEN, Status.NO_SHOW, Status.CONFIRMED, _DOCTOR_OR_STAFF),
)


class RuleViolation(NamedTuple):
    """The broken rule, and the request field that broke it (None: the request as a whole)."""

    field: str | None
    code: BookingErrorCode
    message: str | None = None


def can_act(action: Action, role: ActingRole) -> bool:
    """Return whether ``role`` can perform ``action`` in any status."""
    return any(action is rule.action and role in rule.roles for rule in TRANSITIONS)


def find_transition(
    action: Action,
    role: ActingRole,
    status: str,
    slot: Slot,
    changeable_until: dt.datetime,
    now: dt.datetime,
) -> Transition | RuleViolation:
    """Return the transition when ``role`` performs ``action`` at ``now``, or why it is invalid.

    ``status``, ``slot`` and ``changeable_until`` (aware) are those of the appointment.
    """
    for rule in TRANSITIONS:
        if (rule.action, rule.source) == (action, status) and role in rule.roles:
            if message := _wrong_time(rule, role, slot, now):
                return RuleViolation(None, BookingErrorCode.INVALID_TRANSITION, message)
            # In UTC: Python compares two datetimes of the same zone by their wall clock times.
            if role is ActingRole.PATIENT and changeable_until < now.astimezone(dt.UTC):
                return RuleViolation(None, BookingErrorCode.TOO_LATE_TO_CHANGE)
            return rule
    return RuleViolation(None, BookingErrorCode.INVALID_TRANSITION)


def _wrong_time(rule: Transition, role: ActingRole, slot: Slot, now: dt.datetime) -> str | None:
    """Return why ``role`` cannot use the rule at ``now``; None if it can."""
    started = has_started(slot, now)
    if rule.when is When.ONCE_STARTED and not started:
        return _("The appointment has not started yet.")
    if started and (role is ActingRole.PATIENT or rule.when is When.BEFORE_START):
        return _("The appointment has already started.")
    if rule.when is When.ON_THE_DAY and slot.date != now.date():
        return _("This is possible only on the day of the appointment.")
    return None


def next_statuses(status: Status, role: ActingRole) -> list[Status]:
    """Return ``status`` and the other statuses to which ``role`` can change it.

    Without reopening, which needs a reason of its own.
    """
    targets = [
        rule.target
        for rule in TRANSITIONS
        if rule.source == status and role in rule.roles and rule.action is not Action.REOPEN
    ]
    return list(dict.fromkeys([status, *targets]))


def slot_violation(slot: Slot, zone: dt.tzinfo) -> RuleViolation | None:
    """Return why no appointment can ever take place at ``slot``; None if one can."""
    return next(_slot_violations(slot, zone), None)


def _slot_violations(slot: Slot, zone: dt.tzinfo) -> Iterator[RuleViolation]:
    if slot.time.minute % GRID_MINUTES or slot.time.second or slot.time.microsecond:
        yield RuleViolation("time", BookingErrorCode.OFF_GRID)
    if slot.duration_minutes % GRID_MINUTES:
        yield RuleViolation("duration_minutes", BookingErrorCode.OFF_GRID)
    if not 0 < slot.duration_minutes <= MAX_DURATION_MINUTES:
        message = _("An appointment must last {shortest} to {longest} minutes.")
        message = message.format(shortest=GRID_MINUTES, longest=MAX_DURATION_MINUTES)
        yield RuleViolation("duration_minutes", BookingErrorCode.INVALID, message)
    if slot.end_minute > MINUTES_PER_DAY:
        message = _("An appointment must end by midnight of the day on which it starts.")
        yield RuleViolation("duration_minutes", BookingErrorCode.INVALID, message)
    if slot.date == dt.date.max:
        # The end may be on the day after, which datetime.date cannot represent.
        message = _("This date cannot be booked. Choose an earlier one.")
        yield RuleViolation("date", BookingErrorCode.BEYOND_HORIZON, message)
    elif not clock_change_ticks(slot.date, zone).isdisjoint(slot.ticks):
        yield RuleViolation("time", BookingErrorCode.NONEXISTENT_TIME)


def has_started(slot: Slot, now: dt.datetime) -> bool:
    """Return whether ``now`` (aware, in the clinic's zone) is at or after the start of ``slot``."""
    # In UTC: Python compares two datetimes of the same zone by their wall clock times.
    return slot.starts_at(BookingWindow(now).zone) <= now.astimezone(dt.UTC)


@dataclass(frozen=True)
class BookingWindow:
    """The period in which a caller can book, as seen at ``now``: lead time and horizon.

    ``now`` is aware, in the clinic's zone. ``last_day`` is the last bookable date on the
    clinic's calendar. With the defaults only the past is excluded, as for doctors and staff.
    """

    now: dt.datetime
    lead_time: dt.timedelta = dt.timedelta()
    last_day: dt.date | None = None

    @cached_property
    def opens_at(self) -> dt.datetime:
        """The earliest moment at which an appointment can start, in UTC.

        In UTC: Python compares and adds within one zone by the wall clock.
        """
        return self.now.astimezone(dt.UTC) + self.lead_time

    def violation(self, slot: Slot) -> RuleViolation | None:
        """Return why ``slot`` is too early or too late; None if it is neither."""
        starts_at = slot.starts_at(self.zone)
        if starts_at < self.now.astimezone(dt.UTC):
            field = "date" if slot.date < self.now.date() else "time"
            return RuleViolation(field, BookingErrorCode.IN_THE_PAST)
        if starts_at < self.opens_at:
            message = lead_time_message(self.lead_time // dt.timedelta(minutes=1))
            return RuleViolation("time", BookingErrorCode.LEAD_TIME_TOO_SHORT, message)
        if self.last_day and slot.date > self.last_day:
            return RuleViolation("date", BookingErrorCode.BEYOND_HORIZON)
        return None

    def first_minute(self, date: dt.date) -> int | None:
        """Return the minute of the day from which on slots of ``date`` are inside the window.

        1440 if none is. None if each slot must be checked, because the clock changes on the day on
        which the window opens.
        """
        opens = self._opens_at_on_clock
        if (self.last_day and date > self.last_day) or date < opens.date():
            return MINUTES_PER_DAY
        if date > opens.date():
            return 0
        if clock_change_ticks(date, self.zone):
            return None
        return minute_of_day(opens.time()) + bool(opens.second or opens.microsecond)

    @cached_property
    def _opens_at_on_clock(self) -> dt.datetime:
        return self.opens_at.astimezone(self.zone)

    @property
    def zone(self) -> dt.tzinfo:
        """The clinic's time zone."""
        zone = self.now.tzinfo
        assert zone is not None, "now must be aware"  # noqa: S101 - a programming error
        return zone
