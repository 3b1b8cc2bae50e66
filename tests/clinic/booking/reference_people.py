"""The people, appointment types and appointments of the reference model."""

import datetime as dt
from dataclasses import dataclass, field
from typing import NamedTuple

from tests.clinic.booking.reference_clock import MINUTE, Span

Interval = tuple[int, int, int]  # weekday, first minute, last minute


@dataclass(eq=False)
class ModelType:
    """An appointment type, with the names of the fields of the real one."""

    duration_minutes: int
    buffer_before_minutes: int = 0
    buffer_after_minutes: int = 0
    confirmation: str = "manual"
    bookable_by: str = "patients"
    lead_time_minutes: int | None = None
    cancellation_notice_minutes: int = 0
    max_per_day: int | None = None
    active: bool = True

    def is_for(self, *, patients: bool) -> bool:
        return self.active and (self.bookable_by == "patients" or not patients)

    def terms(self) -> "ModelTerms":
        return ModelTerms(
            self.duration_minutes, self.buffer_before_minutes, self.buffer_after_minutes, self
        )


class ModelTerms(NamedTuple):
    """Length and buffers in minutes, and the type. ``offered`` is false if there are no slots."""

    length: int
    before: int = 0
    after: int = 0
    type: ModelType | None = None
    offered: bool = True


@dataclass(eq=False)
class ModelDoctor:
    """A doctor. ``hours`` and ``special`` hours are in minutes since midnight."""

    person: int
    slot_minutes: int = 30
    hours: list[Interval] = field(default_factory=list)
    special: dict[dt.date, list[tuple[int, int]]] = field(default_factory=dict)
    time_off: list[tuple[dt.datetime, dt.datetime]] = field(default_factory=list)
    types: list[ModelType] = field(default_factory=list)


class Entry(NamedTuple):
    """An entry of the history. ``doctor`` and ``by`` are user ids, times are minutes."""

    status: str
    date: dt.date
    start: int
    length: int
    doctor: int
    outside: bool
    by: int | None
    at: dt.datetime


@dataclass(eq=False)
class ModelAppointment:
    """An appointment. ``doctor.person`` and ``patient`` are user ids; times are minutes."""

    doctor: ModelDoctor
    patient: int
    date: dt.date
    start: int
    length: int
    status: str
    before: int = 0
    after: int = 0
    notice: int = 0
    type: ModelType | None = None
    pending_since: dt.datetime | None = None
    arrived_at: dt.datetime | None = None
    history: list[Entry] = field(default_factory=list)

    @property
    def is_live(self) -> bool:
        return self.status != "cancelled"

    @property
    def terms(self) -> ModelTerms:
        return ModelTerms(self.length, self.before, self.after, self.type)

    def state(self) -> tuple[object, ...]:
        """Return all but the history; the doctor by user id."""
        return (
            *(self.doctor.person, self.patient, self.date, self.start, self.length, self.status),
            *(self.before, self.after, self.notice, self.type),
            *(self.pending_since, self.arrived_at),
        )

    def span_of(self, person: int) -> Span:
        """Return the time that the appointment takes of one of its two people."""
        is_doctor = person == self.doctor.person
        before, after = (self.before, self.after) if is_doctor else (0, 0)
        return span(self.date, self.start - before, self.length + before + after)

    def record_change(self, by: int | None, at: dt.datetime, *, outside: bool = False) -> None:
        where = (self.status, self.date, self.start, self.length, self.doctor.person)
        self.history.append(Entry(*where, outside, by, at))


def span(date: dt.date, start: int, length: int) -> Span:
    """Return ``length`` minutes from ``start`` minutes after midnight, which can be negative."""
    begin = dt.datetime.combine(date, dt.time()) + start * MINUTE
    return begin, begin + length * MINUTE
