"""The booking rules that need no database: pure functions, time passed in."""

import datetime as dt
from collections.abc import Iterator
from typing import NamedTuple

from clinic.errors import BookingErrorCode
from clinic.slots import GRID_MINUTES, MINUTES_PER_DAY, Slot, skipped_ticks

MAX_DURATION_MINUTES = 480


class RuleViolation(NamedTuple):
    """What is wrong with a wish, and with which field of it."""

    field: str
    code: BookingErrorCode
    message: str | None = None


def slot_violation(slot: Slot, zone: dt.tzinfo) -> RuleViolation | None:
    """Why no visit could ever take place at ``slot``, whoever asks; None if one could."""
    return next(_slot_violations(slot, zone), None)


def _slot_violations(slot: Slot, zone: dt.tzinfo) -> Iterator[RuleViolation]:
    if slot.time.minute % GRID_MINUTES or slot.time.second or slot.time.microsecond:
        yield RuleViolation("time", BookingErrorCode.OFF_GRID)
    if slot.duration_minutes % GRID_MINUTES:
        yield RuleViolation("duration_minutes", BookingErrorCode.OFF_GRID)
    if not 0 < slot.duration_minutes <= MAX_DURATION_MINUTES:
        message = f"A visit lasts 5 to {MAX_DURATION_MINUTES} minutes."
        yield RuleViolation("duration_minutes", BookingErrorCode.INVALID, message)
    if slot.end_minute > MINUTES_PER_DAY:
        message = "A visit ends on the day it starts, at midnight at the latest."
        yield RuleViolation("duration_minutes", BookingErrorCode.INVALID, message)
    if slot.date == dt.date.max:
        # Its end would be no date that Python can name.
        yield RuleViolation("date", BookingErrorCode.BEYOND_HORIZON)
    elif not skipped_ticks(slot.date, zone).isdisjoint(slot.ticks):
        yield RuleViolation("time", BookingErrorCode.NONEXISTENT_TIME)


def has_started(slot: Slot, now: dt.datetime) -> bool:
    """Whether ``now`` (aware, in the clinic's zone) is at or after the start of ``slot``."""
    # In UTC: Python compares two times of one zone by the wall clock.
    return slot.starts_at(BookingWindow(now).zone) <= now.astimezone(dt.UTC)


class BookingWindow(NamedTuple):
    """From when until when a caller may book: lead time and horizon, at one moment.

    ``now`` is aware, in the clinic's zone. Doctors and staff are bound by "not
    in the past" alone: no lead time, no horizon.
    """

    now: dt.datetime
    lead_time: dt.timedelta = dt.timedelta()
    last_day: dt.date | None = None

    @property
    def opens_at(self) -> dt.datetime:
        """The earliest moment at which a visit may start, in UTC.

        UTC, because Python compares and adds within one zone by the wall clock.
        """
        return self.now.astimezone(dt.UTC) + self.lead_time

    def problem(self, slot: Slot) -> RuleViolation | None:
        """Why ``slot`` is too early or too late; None if it is neither."""
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
        """Whether no slot of ``date`` is too early or too late.

        Never the day on which it opens: there each slot has to be looked at.
        """
        opens_on = self.opens_at.astimezone(self.zone).date()
        return opens_on < date and not (self.last_day and date > self.last_day)

    @property
    def zone(self) -> dt.tzinfo:
        """The clinic's zone."""
        zone = self.now.tzinfo
        assert zone is not None, "now must be aware"  # noqa: S101 - a programmer's mistake
        return zone
