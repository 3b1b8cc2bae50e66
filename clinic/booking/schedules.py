"""The verbs of a doctor's own time: working hours and time off.

None of them touches what is booked.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple

from django.core.exceptions import ValidationError
from django.db.models import QuerySet

from clinic import clock
from clinic.errors import BookingErrorCode, booking_error
from clinic.events import AvailabilityChanged, announce
from clinic.models import Appointment, Doctor, Status, TimeOff, WorkingHours
from clinic.slots import TICKS_PER_DAY
from users.common.querysets import first_or_none
from users.common.transactions import atomic_with_retry, lock_rows


class Interval(NamedTuple):
    """``[start_time, end_time)`` on one weekday; an end of 00:00 is the midnight after."""

    weekday: int
    start_time: dt.time
    end_time: dt.time


@atomic_with_retry
def set_working_hours(doctor: Doctor, intervals: Sequence[Interval]) -> Doctor:
    """Replace the whole week. Touching intervals become one; overlapping ones are refused.

    Raises ValidationError by the place in the list, as in ``hours.1.end_time``.
    """
    lock_rows(Doctor.objects.filter(pk=doctor.pk))
    week = [WorkingHours(doctor=doctor, **interval._asdict()) for interval in intervals]
    _validate(week)
    doctor.working_hours.all().delete()
    WorkingHours.objects.bulk_create(_merged(week))
    announce(AvailabilityChanged(doctor.pk, None))
    return doctor


def _validate(week: Sequence[WorkingHours]) -> None:
    problems: dict[str, list[ValidationError]] = {}
    for place, hours in enumerate(week):
        try:
            hours.full_clean(exclude={"doctor"}, validate_unique=False, validate_constraints=False)
        except ValidationError as error:
            problems |= {
                f"hours.{place}.{name}": errors for name, errors in error.error_dict.items()
            }
    if not problems:
        for place in _overlapping(week):
            overlap = ValidationError(
                "Overlaps other hours of that day.", code=BookingErrorCode.INVALID
            )
            problems[f"hours.{place}.start_time"] = [overlap]
    if problems:
        raise ValidationError(problems)


def _overlapping(week: Sequence[WorkingHours]) -> Iterable[int]:
    """The places in the list of those that start before an earlier interval ends."""
    ends: dict[int, int] = defaultdict(int)
    for place, hours in sorted(enumerate(week), key=lambda item: item[1].minutes.start):
        if hours.minutes.start < ends[hours.weekday]:
            yield place
        ends[hours.weekday] = max(ends[hours.weekday], hours.minutes.stop)


def _merged(week: Iterable[WorkingHours]) -> list[WorkingHours]:
    merged: list[WorkingHours] = []
    for hours in sorted(week, key=lambda hours: (hours.weekday, hours.minutes.start)):
        last = merged[-1] if merged else None
        if last and last.weekday == hours.weekday and last.minutes.stop == hours.minutes.start:
            last.end_time = hours.end_time
        else:
            merged.append(hours)
    return merged


@atomic_with_retry
def add_time_off(
    doctor: Doctor, *, starts_at: dt.datetime, ends_at: dt.datetime, reason: str = ""
) -> TimeOff:
    """Offer no slots between two aware moments. Visits already inside stay as they are."""
    time_off = TimeOff(doctor=doctor, starts_at=starts_at, ends_at=ends_at, reason=reason)
    time_off.full_clean(exclude={"doctor"}, validate_constraints=False)
    time_off.save()
    announce(AvailabilityChanged(doctor.pk, _only_day(time_off)))
    return time_off


@atomic_with_retry
def remove_time_off(doctor: Doctor, time_off_id: int | None) -> TimeOff:
    """Offer those slots again. Returns what was removed, its id included."""
    own = doctor.time_off.all()
    time_off = None if time_off_id is None else first_or_none(own.filter(pk=time_off_id))
    if time_off is None:
        raise booking_error(BookingErrorCode.NOT_FOUND, "id")
    own.filter(pk=time_off.pk).delete()
    announce(AvailabilityChanged(doctor.pk, _only_day(time_off)))
    return time_off


def _only_day(time_off: TimeOff) -> dt.date | None:
    """The day of the clinic on which all of it is; None if it touches several."""
    ticks = time_off.ticks(clock.zone())
    first, last = ticks.start // TICKS_PER_DAY, (ticks.stop - 1) // TICKS_PER_DAY
    return dt.date.fromordinal(first) if first == last else None


def upcoming_time_off(doctor: Doctor, now: dt.datetime) -> QuerySet[TimeOff]:
    """The doctor's time off that has not ended, by start."""
    return doctor.time_off.filter(ends_at__gt=now)


def open_appointments_around(time_off: Collection[TimeOff]) -> QuerySet[Appointment]:
    """The open visits on the days of any of these, by date and time.

    Few more than ``conflicts_of`` needs, in one query for all of them.
    """
    if not time_off:
        return Appointment.objects.none()
    zone = clock.zone()
    spans = [off.ticks(zone) for off in time_off]
    first, last = min(span.start for span in spans), max(span.stop for span in spans)
    visits = Appointment.objects.filter(
        doctor__in={off.doctor_id for off in time_off},
        date__range=[dt.date.fromordinal(tick // TICKS_PER_DAY) for tick in (first, last - 1)],
        status__in=[Status.PENDING, Status.CONFIRMED],
    )
    return visits.order_by("date", "time", "pk")


def conflicts_of(
    time_off: Iterable[TimeOff], visits: Collection[Appointment]
) -> dict[TimeOff, list[Appointment]]:
    """Those of the visits that are inside each time off, in their order.

    They are for the doctor to move or cancel, one by one.
    """
    zone = clock.zone()
    return {
        off: [
            visit
            for visit in visits
            if visit.doctor_id == off.doctor_id and _meet(visit.slot.ticks, off.ticks(zone))
        ]
        for off in time_off
    }


def _meet(one: range, other: range) -> bool:
    return one.start < other.stop and other.start < one.stop
