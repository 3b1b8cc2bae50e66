"""Move or call off the appointments of a doctor's day, for example because the doctor is ill."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from django.utils.translation import gettext as _

from clinic.booking import amendments, schedules, status_changes
from clinic.booking import services as booking
from clinic.booking.access import people_of
from clinic.errors import BookingErrorCode, booking_error
from clinic.models import OPEN_STATUSES, Appointment, Doctor, Notification, TimeOff
from clinic.models.appointment import AppointmentQuerySet
from clinic.models.busy_tick import lock_people
from clinic.notifications.tasks import hold_notifications, release_notifications
from clinic.rules import has_started
from users.common.transactions import atomic_with_retry
from users.models import User


@dataclass(frozen=True, slots=True)
class Cancel:
    """Cancel the appointment; the patient and the doctor can read ``reason``."""

    reason: str = ""


@dataclass(frozen=True, slots=True)
class Reassign:
    """Give the appointment to the doctor with a primary key, at the same time."""

    doctor_id: int


@dataclass(frozen=True, slots=True)
class Reschedule:
    """Move the appointment to a date and time (wall clock) of the same doctor."""

    date: dt.date
    time: dt.time


DayChange = Cancel | Reassign | Reschedule


class DayResult(NamedTuple):
    """What happened with an appointment: ``error`` is None if it was changed."""

    appointment: Appointment
    error: Exception | None


def open_appointments_of_day(doctor: Doctor, date: dt.date, now: dt.datetime) -> list[Appointment]:
    """Return the doctor's open appointments of a date that are still to come, by time."""
    appointments = _of_day(doctor, date).with_people().select_related("appointment_type")
    ordered = appointments.order_by("time", "pk")
    return [appointment for appointment in ordered if not has_started(appointment.slot, now)]


def change_day(
    *,
    actor: User,
    doctor: Doctor,
    date: dt.date,
    changes: Mapping[int, DayChange],
    now: dt.datetime,
    errors: tuple[type[Exception], ...],
) -> list[DayResult]:
    """Change appointments of the doctor's day as staff, each in its own transaction.

    ``changes`` is keyed by the primary key of the appointment. One that is not open on this day any
    more, or whose new doctor or time is not available, stays as it is. ``errors`` are the
    exceptions that concern one appointment only. Returns a result for each appointment, by time.

    Each person concerned gets one email about all of the changes, at once. If this process is
    killed before the last change, the emails are in the digest of the next day.
    """
    appointments = Appointment.objects.filter(pk__in=list(changes)).with_people()
    results: list[DayResult] = []
    held: list[Notification] = []
    for appointment in appointments.order_by("date", "time", "pk"):
        try:
            held += _change(appointment.pk, changes[appointment.pk], doctor, date, actor, now)
        except errors as error:
            results.append(DayResult(appointment, error))
        else:
            results.append(DayResult(appointment, None))
    release_notifications(held)
    return results


@atomic_with_retry
def _change(
    appointment_id: int,
    change: DayChange,
    doctor: Doctor,
    date: dt.date,
    actor: User,
    now: dt.datetime,
) -> list[Notification]:
    """Change one appointment; return the notifications about it, which are held back."""
    people = people_of(appointment_id)
    if isinstance(change, Reassign):
        new_doctor = Doctor.objects.filter(pk=change.doctor_id).exclude(pk=doctor.pk)
        people.update(new_doctor.values_list("user", flat=True))
    # In one order with the new doctor. Then nobody can change the appointment after this check.
    lock_people(people)
    if not _of_day(doctor, date).filter(pk=appointment_id).exists():
        message = _("It is not an open appointment of this doctor and day any more.")
        raise booking_error(BookingErrorCode.INVALID_TRANSITION, message=message)
    changed = _apply(appointment_id, change, actor, now)
    return hold_notifications(changed.history.latest("pk").pk, now)


def _apply(appointment_id: int, change: DayChange, actor: User, now: dt.datetime) -> Appointment:
    match change:
        case Cancel(reason):
            return status_changes.cancel(
                actor=actor,
                appointment_id=appointment_id,
                reason=reason,
                now=now,
                as_staff=True,
                notify=False,
            )
        case Reassign(doctor_id):
            return amendments.reassign(
                actor=actor,
                appointment_id=appointment_id,
                doctor_id=doctor_id,
                now=now,
                allow_outside=False,
                notify=False,
            )
        case Reschedule(date, time):
            return booking.reschedule(
                actor=actor,
                appointment_id=appointment_id,
                date=date,
                time=time,
                now=now,
                as_staff=True,
                allow_outside=False,
                notify=False,
            )


@atomic_with_retry
def take_day_off(doctor: Doctor, date: dt.date, now: dt.datetime) -> TimeOff | None:
    """Add time off for the rest of a date; return it, or None if the doctor has it already.

    Raises ``in_the_past`` on ``date``, or ``invalid`` for the last date of the calendar.
    """
    if date < now.date():
        raise booking_error(BookingErrorCode.IN_THE_PAST, "date")
    if date == dt.date.max:
        raise booking_error(BookingErrorCode.INVALID, "date")  # it has no midnight at its end
    midnight = dt.datetime.combine(date, dt.time(), now.tzinfo)
    end = dt.datetime.combine(date + dt.timedelta(days=1), dt.time(), now.tzinfo)
    # In UTC: Python compares two datetimes of the same zone by their wall clock times.
    start = max(midnight.astimezone(dt.UTC), now.astimezone(dt.UTC))
    if doctor.time_off.filter(starts_at__lte=start, ends_at__gte=end).exists():
        return None
    return schedules.add_time_off(doctor, starts_at=start, ends_at=end, now=now)


def _of_day(doctor: Doctor, date: dt.date) -> AppointmentQuerySet:
    """Return the open appointments of a doctor on a date."""
    return Appointment.objects.filter(doctor=doctor, date=date, status__in=OPEN_STATUSES)
