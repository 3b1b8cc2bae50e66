"""Service functions for special hours of a doctor and closures of the clinic.

None of them changes an appointment.
"""

import datetime as dt
from collections.abc import Collection, Iterable, Sequence

from django.utils.translation import gettext as _

from clinic.booking.schedules import merged_intervals, validate_intervals
from clinic.errors import BookingErrorCode, booking_error
from clinic.events import AvailabilityChanged, announce
from clinic.models import (
    OPEN_STATUSES,
    Appointment,
    Closure,
    Doctor,
    SpecialHours,
    SpecialInterval,
)
from users.common.transactions import atomic_with_retry, lock_rows
from users.querysets import QuerySet

# The longest closure in days. A clinic that closes for good removes its working hours.
MAX_CLOSURE_DAYS = 366
TimeRange = tuple[dt.time, dt.time]


@atomic_with_retry
def set_special_hours(
    doctor: Doctor, date: dt.date, hours: Sequence[TimeRange], now: dt.datetime
) -> SpecialHours:
    """Replace the weekly hours of one date; without ``hours`` the doctor does not work on it.

    Adjacent intervals are merged. Raises ValidationError by index in the list, such as
    ``hours.1.end_time``; overlapping intervals are invalid; ``in_the_past`` on ``date``.
    """
    lock_rows(Doctor.objects.filter(pk=doctor.pk))
    if date < now.date():
        raise booking_error(BookingErrorCode.IN_THE_PAST, "date")
    intervals = [SpecialInterval(start_time=start, end_time=end) for start, end in hours]
    validate_intervals(intervals, exclude={"special_hours"})
    special, _created = SpecialHours.objects.get_or_create(doctor=doctor, date=date)
    special.intervals.all().delete()
    kept = merged_intervals(intervals)
    for interval in kept:
        interval.special_hours = special
    SpecialInterval.objects.bulk_create(kept)
    announce(AvailabilityChanged(doctor.pk, date))
    return special


@atomic_with_retry
def remove_special_hours(doctor: Doctor, date: dt.date) -> None:
    """Apply the weekly hours to a date again. Raises ``not_found`` on ``date``."""
    # Without the lock, set_special_hours() could add intervals to hours that are deleted meanwhile.
    lock_rows(Doctor.objects.filter(pk=doctor.pk))
    deleted, _by_model = doctor.special_hours.filter(date=date).delete()
    if not deleted:
        raise booking_error(BookingErrorCode.NOT_FOUND, "date")
    announce(AvailabilityChanged(doctor.pk, date))


@atomic_with_retry
def add_closure(*, name: str, first_day: dt.date, last_day: dt.date, now: dt.datetime) -> Closure:
    """Close the clinic from ``first_day`` to ``last_day``, both included.

    Appointments inside stay as they are: see ``conflicts_by_closure()``. Raises ValidationError by
    field; ``in_the_past`` on ``last_day``.
    """
    closure = Closure(name=name, first_day=first_day, last_day=last_day)
    closure.full_clean(validate_constraints=False)
    if last_day < now.date():
        raise booking_error(BookingErrorCode.IN_THE_PAST, "last_day")
    if (last_day - first_day).days >= MAX_CLOSURE_DAYS:
        message = _("A closure can last at most {maximum} days. Add a second one for the rest.")
        raise booking_error(
            BookingErrorCode.INVALID, "last_day", message.format(maximum=MAX_CLOSURE_DAYS)
        )
    closure.save()
    _announce_for_all_doctors()
    return closure


@atomic_with_retry
def remove_closure(closure_id: int | None) -> Closure:
    """Remove a closure and return it, with its id. Raises ``not_found``.

    ``closure_id`` is None if the caller sent an id that cannot exist.
    """
    closure = Closure.objects.filter(pk=closure_id or 0).get_or_none()
    if closure is None:
        raise booking_error(BookingErrorCode.NOT_FOUND, "id")
    Closure.objects.filter(pk=closure.pk).delete()
    _announce_for_all_doctors()
    return closure


def open_appointments_in(closures: Collection[Closure]) -> QuerySet[Appointment]:
    """Return the open appointments on the days of the closures, by date and time, in one query."""
    # Not one condition for each closure: SQLite rejects conditions with more than 1,000 parts.
    days = {
        closure.first_day + dt.timedelta(days=number)
        for closure in closures
        for number in range((closure.last_day - closure.first_day).days + 1)
    }
    rows = Appointment.objects.filter(date__in=days, status__in=OPEN_STATUSES)
    return rows.order_by("date", "time", "pk")


def conflicts_by_closure(
    closures: Iterable[Closure], appointments: Iterable[Appointment]
) -> dict[int, list[Appointment]]:
    """Return which of the appointments lie in each closure, keyed by its primary key."""
    rows = list(appointments)
    return {
        closure.pk: [row for row in rows if closure.first_day <= row.date <= closure.last_day]
        for closure in closures
    }


def _announce_for_all_doctors() -> None:
    doctors = Doctor.objects.bookable().order_by("pk").values_list("pk", flat=True)
    announce(*(AvailabilityChanged(doctor, None) for doctor in doctors))
