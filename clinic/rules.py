"""The booking rules as pure functions: no database, the current time passed in."""

import datetime as dt
from collections.abc import Iterator
from enum import StrEnum
from typing import NamedTuple

from django.db.models import TextChoices
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from clinic.errors import BookingErrorCode
from clinic.slots import GRID_MINUTES, MINUTES_PER_DAY, Slot, clock_change_ticks

MAX_DURATION_MINUTES = 480


class Status(TextChoices):
    """Status of an appointment. Every status but CANCELLED occupies time."""

    PENDING = "pending", gettext_lazy("Pending")
    CONFIRMED = "confirmed", gettext_lazy("Confirmed")
    COMPLETED = "completed", gettext_lazy("Completed")
    CANCELLED = "cancelled", gettext_lazy("Cancelled")


# Open: not completed and not cancelled.
OPEN_STATUSES = frozenset({Status.PENDING, Status.CONFIRMED})


class ActingRole(StrEnum):
    """The role in which a user acts on one appointment."""

    PATIENT = "patient"
    DOCTOR = "doctor"
    STAFF = "staff"


class Action(StrEnum):
    """A change of an existing appointment. Each has a service function of the same name."""

    CONFIRM = "confirm"
    COMPLETE = "complete"
    CANCEL = "cancel"
    RESCHEDULE = "reschedule"


class Transition(NamedTuple):
    """One allowed status change: what, from which status to which, by whom and when.

    A patient can act only before the appointment starts. With ``once_started`` no role
    can act before it has started.
    """

    action: Action
    source: Status
    target: Status
    roles: frozenset[ActingRole]
    once_started: bool = False


_ALL = frozenset(ActingRole)
_PATIENT = frozenset({ActingRole.PATIENT})
_DOCTOR_OR_STAFF = _ALL - _PATIENT

TRANSITIONS = (
    Transition(Action.CONFIRM, Status.PENDING, Status.CONFIRMED, _DOCTOR_OR_STAFF),
    Transition(
        Action.COMPLETE, Status.CONFIRMED, Status.COMPLETED, _DOCTOR_OR_STAFF, once_started=True
    ),
    Transition(Action.CANCEL, Status.PENDING, Status.CANCELLED, _ALL),
    Transition(Action.CANCEL, Status.CONFIRMED, Status.CANCELLED, _ALL),
    Transition(Action.RESCHEDULE, Status.PENDING, Status.PENDING, _ALL),
    Transition(Action.RESCHEDULE, Status.CONFIRMED, Status.PENDING, _PATIENT),
    Transition(Action.RESCHEDULE, Status.CONFIRMED, Status.CONFIRMED, _DOCTOR_OR_STAFF),
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
    action: Action, role: ActingRole, status: str, slot: Slot, now: dt.datetime
) -> Transition | RuleViolation:
    """Return the transition when ``role`` performs ``action`` at ``now``, or why it is invalid.

    ``status`` and ``slot`` are those of the appointment.
    """
    code = BookingErrorCode.INVALID_TRANSITION
    for rule in TRANSITIONS:
        if (rule.action, rule.source) == (action, status) and role in rule.roles:
            if rule.once_started and not has_started(slot, now):
                return RuleViolation(None, code, _("The appointment has not started yet."))
            if role is ActingRole.PATIENT and has_started(slot, now):
                return RuleViolation(None, code, _("The appointment has already started."))
            return rule
    return RuleViolation(None, code)


def next_statuses(status: Status, role: ActingRole) -> list[Status]:
    """Return ``status`` and the other statuses to which ``role`` can change it."""
    targets = [rule.target for rule in TRANSITIONS if rule.source == status and role in rule.roles]
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


class BookingWindow(NamedTuple):
    """The period in which a caller can book, as seen at ``now``: lead time and horizon.

    ``now`` is aware, in the clinic's zone. ``last_day`` is the last bookable date on the
    clinic's calendar. With the defaults only the past is excluded, as for doctors and staff.
    """

    now: dt.datetime
    lead_time: dt.timedelta = dt.timedelta()
    last_day: dt.date | None = None

    @property
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
            return RuleViolation("time", BookingErrorCode.LEAD_TIME_TOO_SHORT)
        if self.last_day and slot.date > self.last_day:
            return RuleViolation("date", BookingErrorCode.BEYOND_HORIZON)
        return None

    def contains_day(self, date: dt.date) -> bool:
        """Return whether every slot of ``date`` is inside the window.

        False for the day on which the window opens: its slots must be checked one by one.
        """
        opens_on = self.opens_at.astimezone(self.zone).date()
        return opens_on < date and not (self.last_day and date > self.last_day)

    @property
    def zone(self) -> dt.tzinfo:
        """The clinic's time zone."""
        zone = self.now.tzinfo
        assert zone is not None, "now must be aware"  # noqa: S101 - a programming error
        return zone
