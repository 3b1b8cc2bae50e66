"""Service functions for a doctor's working hours and time off.

None of them changes an appointment.
"""

import datetime as dt
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from itertools import accumulate
from typing import NamedTuple, TypeVar

from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from clinic import clock
from clinic.errors import BookingErrorCode, booking_error
from clinic.events import AvailabilityChanged, announce
from clinic.models import (
    OPEN_STATUSES,
    Appointment,
    Doctor,
    SpecialInterval,
    TimeOff,
    WorkingHours,
)
from clinic.models.appointment import AppointmentQuerySet
from clinic.slots import days_of
from users.common.transactions import atomic_with_retry, lock_rows

# At most this many appointments are returned as conflicts: staff change them one by one, by date,
# and a condition with many more primary keys would exceed SQLite's number of parameters.
MAX_CONFLICTS = 1_000
MAX_RANGES = 50
Hours = TypeVar("Hours", WorkingHours, SpecialInterval)


class Interval(NamedTuple):
    """Working hours ``[start_time, end_time)`` on one weekday (Monday is 0), wall clock.

    An end of 00:00 is the midnight at the end of the day.
    """

    weekday: int
    start_time: dt.time
    end_time: dt.time


@atomic_with_retry
def set_working_hours(doctor: Doctor, intervals: Sequence[Interval]) -> Doctor:
    """Replace the doctor's whole week. Adjacent intervals are merged.

    Raises ValidationError by index in the list, such as ``hours.1.end_time``; overlapping
    intervals are invalid.
    """
    lock_rows(Doctor.objects.filter(pk=doctor.pk))
    week = [WorkingHours(doctor=doctor, **interval._asdict()) for interval in intervals]
    validate_intervals(week, exclude={"doctor"})
    doctor.working_hours.all().delete()
    WorkingHours.objects.bulk_create(merged_intervals(week))
    announce(AvailabilityChanged(doctor.pk, None))
    return doctor


def validate_intervals(
    intervals: Sequence[WorkingHours | SpecialInterval], exclude: Collection[str]
) -> None:
    """Raise ValidationError with the errors of all intervals, keyed by index and field.

    ``exclude``: the model fields that are not checked.
    """
    errors: dict[str, list[ValidationError]] = {}
    for index, hours in enumerate(intervals):
        try:
            hours.full_clean(exclude=exclude, validate_unique=False, validate_constraints=False)
        except ValidationError as error:
            errors |= {
                f"hours.{index}.{name}": of_field for name, of_field in error.error_dict.items()
            }
    if not errors:
        message = _("These hours overlap other hours of the same day. Change one of them.")
        for index in _overlapping(intervals):
            overlap = ValidationError(message, code=BookingErrorCode.INVALID)
            errors[f"hours.{index}.start_time"] = [overlap]
    if errors:
        raise ValidationError(errors)


def _overlapping(intervals: Sequence[WorkingHours | SpecialInterval]) -> Iterable[int]:
    """Yield the indices of intervals that start before an earlier one of that day ends."""
    # The latest end so far by weekday, in minutes since midnight.
    ends: dict[int | None, int] = defaultdict(int)
    for index, hours in sorted(enumerate(intervals), key=lambda item: item[1].minutes.start):
        if hours.minutes.start < ends[_weekday(hours)]:
            yield index
        ends[_weekday(hours)] = max(ends[_weekday(hours)], hours.minutes.stop)


def merged_intervals(intervals: Iterable[Hours]) -> list[Hours]:
    """Return the intervals in order, adjacent ones of a day merged into the first of them."""
    merged: list[Hours] = []
    for hours in sorted(intervals, key=lambda hours: (_weekday(hours) or 0, hours.minutes.start)):
        last = merged[-1] if merged else None
        is_same_day = last is not None and _weekday(last) == _weekday(hours)
        if last and is_same_day and last.minutes.stop == hours.minutes.start:
            last.end_time = hours.end_time
        else:
            merged.append(hours)
    return merged


def _weekday(hours: WorkingHours | SpecialInterval) -> int | None:
    """Return the weekday; None for special hours, all of which are of one date."""
    return hours.weekday if isinstance(hours, WorkingHours) else None


@atomic_with_retry
def add_time_off(
    doctor: Doctor,
    *,
    starts_at: dt.datetime,
    ends_at: dt.datetime,
    reason: str = "",
    now: dt.datetime,
) -> TimeOff:
    """Add time off between two aware datetimes. Appointments in it stay as they are.

    Raises ValidationError by field; ``in_the_past`` if the time off ended before or at ``now``.
    """
    time_off = TimeOff(doctor=doctor, starts_at=starts_at, ends_at=ends_at, reason=reason)
    time_off.full_clean(exclude={"doctor"}, validate_constraints=False)
    # In UTC: Python compares two datetimes of the same zone by their wall clock times.
    if ends_at <= now.astimezone(dt.UTC):
        raise booking_error(BookingErrorCode.IN_THE_PAST, "ends_at")
    time_off.save()
    announce(AvailabilityChanged(doctor.pk, _only_day(time_off)))
    return time_off


@atomic_with_retry
def remove_time_off(doctor: Doctor, time_off_id: int | None) -> TimeOff:
    """Remove time off and return it, with its id. Raises ``not_found`` for another doctor's.

    ``time_off_id`` is None if the caller sent an id that cannot exist.
    """
    own = doctor.time_off.all()
    time_off = None if time_off_id is None else own.filter(pk=time_off_id).get_or_none()
    if time_off is None:
        raise booking_error(BookingErrorCode.NOT_FOUND, "id")
    own.filter(pk=time_off.pk).delete()
    announce(AvailabilityChanged(doctor.pk, _only_day(time_off)))
    return time_off


def _only_day(time_off: TimeOff) -> dt.date | None:
    """Return the day of the time off, in the clinic's zone; None if it covers several days."""
    days = days_of(time_off.ticks(clock.zone()))
    return dt.date.fromordinal(days[0]) if len(days) == 1 else None


def upcoming_time_off(doctors: Collection[int], now: dt.datetime) -> QuerySet[TimeOff]:
    """Return the time off of doctors (primary keys) that has not ended, by start."""
    return TimeOff.objects.filter(doctor__in=doctors, ends_at__gt=now)


def open_appointments_around(time_off: Collection[TimeOff]) -> AppointmentQuerySet:
    """Return the open appointments on the days of the time off, and perhaps on days between.

    Ordered by date and time, in one query. ``conflicts_of()`` selects those that overlap a time
    off.
    """
    if not time_off:
        return Appointment.objects.none()
    days = Q()
    for first, last in _days_of(time_off):
        days |= Q(date__range=(dt.date.fromordinal(first), dt.date.fromordinal(last)))
    appointments = Appointment.objects.filter(
        days,
        doctor__in={off.doctor_id for off in time_off},
        status__in=OPEN_STATUSES,
    )
    return appointments.order_by("date", "time", "pk")


def _days_of(time_off: Collection[TimeOff]) -> list[tuple[int, int]]:
    """Return the days, first and last as ordinals, in at most ``MAX_RANGES`` ranges."""
    zone = clock.zone()
    days = (days_of(off.ticks(zone)) for off in time_off)
    spans = sorted((ordinals.start, ordinals.stop - 1) for ordinals in days)
    merged = spans[:1]
    for first, last in spans[1:]:
        if first <= merged[-1][1] + 1:
            merged[-1] = (merged[-1][0], max(merged[-1][1], last))
        else:
            merged.append((first, last))
    # SQLite rejects conditions with more than 1,000 parts.
    size = -(-len(merged) // MAX_RANGES)
    groups = [merged[index : index + size] for index in range(0, len(merged), size)]
    return [(group[0][0], group[-1][1]) for group in groups]


def conflicts_of(
    time_off: Iterable[TimeOff], appointments: Iterable[Appointment]
) -> dict[int, list[Appointment]]:
    """Return which of the appointments overlap each time off, keyed by its primary key.

    ``appointments`` must be ordered by date and time. Callers load at most ``MAX_CONFLICTS`` of
    them: the doctor reschedules or cancels them one by one.
    """
    by_doctor: dict[int, list[Appointment]] = defaultdict(list)
    for appointment in appointments:
        by_doctor[appointment.doctor_id].append(appointment)
    agendas = {doctor: _Agenda(own) for doctor, own in by_doctor.items()}
    zone = clock.zone()
    return {
        off.pk: agendas[off.doctor_id].overlapping(off.ticks(zone))
        if off.doctor_id in agendas
        else []
        for off in time_off
    }


class _Agenda:
    """A doctor's appointments, ordered by start, to search for the ones in a period.

    Comparing each period with each appointment would take seconds for a doctor with thousands of
    both.
    """

    def __init__(self, appointments: list[Appointment]) -> None:
        self._appointments = appointments
        self._ticks = [appointment.slot.ticks for appointment in appointments]
        self._starts = [ticks.start for ticks in self._ticks]
        # The latest end up to each appointment: in order, even if appointments overlap.
        self._latest_ends = list(accumulate((ticks.stop for ticks in self._ticks), max))

    def overlapping(self, period: range) -> list[Appointment]:
        first = bisect_right(self._latest_ends, period.start)
        last = bisect_left(self._starts, period.stop)
        return [
            self._appointments[index]
            for index in range(first, last)
            if self._ticks[index].stop > period.start
        ]
