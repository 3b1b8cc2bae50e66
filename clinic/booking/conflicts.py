"""Appointments at times at which their doctor does not work, for staff to reschedule or cancel.

A closure, time off or other hours that are entered later change no appointment.
"""

import datetime as dt
from collections.abc import Collection, Iterable, Iterator
from itertools import islice
from typing import NamedTuple

from django.db.models import Exists, OuterRef, Q, QuerySet

from clinic import clock
from clinic.booking.availability import Outside, OutsideReason, why_outside_calendar
from clinic.booking.calendar_loading import load_offered_time
from clinic.booking.schedules import MAX_CONFLICTS
from clinic.models import OPEN_STATUSES, Appointment, Closure, Doctor, TimeOff
from clinic.slots import Slot

# Whether the clinic is closed on the day of an appointment.
ON_CLOSURE = Exists(
    Closure.objects.filter(first_day__lte=OuterRef("date"), last_day__gte=OuterRef("date"))
)


class Conflict(NamedTuple):
    """An appointment (primary key) at a time at which its doctor does not work, and why."""

    appointment_id: int
    slot: Slot
    outside: Outside


class _Booking(NamedTuple):
    """What decides whether an appointment is a conflict. Buffers are in minutes."""

    appointment_id: int
    doctor_id: int
    slot: Slot
    buffer_before: int
    buffer_after: int


def upcoming_conflicts(
    today: dt.date,
    reasons: Collection[OutsideReason] = tuple(OutsideReason),
    *,
    doctor: Doctor | None = None,
    limit: int = MAX_CONFLICTS,
) -> list[Conflict]:
    """Return the open appointments from ``today`` on that are conflicts for one of the reasons.

    Of all doctors, or of ``doctor``. The first ``limit`` of them by date and time. An appointment
    has one reason, the strongest. Six queries.
    """
    appointments = open_appointments_from(today)
    if doctor is not None:
        appointments = appointments.filter(doctor=doctor)
    if OutsideReason.HOURS not in reasons:
        # The first page of the admin counts these. Most doctors have no time off, and comparing all
        # of their appointments with their hours would take most of the page's time. From the day
        # before on, because a buffer can begin there.
        yesterday = dt.datetime.combine(today - dt.timedelta(days=1), dt.time(), clock.zone())
        time_off = TimeOff.objects.filter(doctor=OuterRef("doctor"), ends_at__gt=yesterday)
        appointments = appointments.filter(Q(ON_CLOSURE) | Q(Exists(time_off)))
    # values_list(): building the instances takes as long as loading the rows.
    rows = appointments.values_list(
        *("pk", "doctor", "date", "time", "duration_minutes"),
        *("buffer_before_minutes", "buffer_after_minutes"),
    )
    bookings = [
        _Booking(pk, doctor_id, Slot(date, time, minutes), before, after)
        for pk, doctor_id, date, time, minutes, before, after in rows
    ]
    found = (conflict for conflict in _conflicts(bookings) if conflict.outside.reason in reasons)
    return list(islice(found, limit))


def open_appointments_from(today: dt.date) -> QuerySet[Appointment]:
    """Return the open appointments of ``today`` and later dates, by date and time."""
    upcoming = Appointment.objects.filter(date__gte=today, status__in=OPEN_STATUSES)
    return upcoming.order_by("date", "time", "pk")


def with_conflicts(
    appointments: QuerySet[Appointment], today: dt.date, reasons: Collection[OutsideReason]
) -> QuerySet[Appointment]:
    """Return those of the appointments that are open, from ``today`` on, and conflicts.

    All that are on a closure, and the first ``MAX_CONFLICTS`` for the other reasons.
    """
    condition = Q(pk__in=())
    if OutsideReason.CLOSURE in reasons:
        condition |= Q(ON_CLOSURE)
    if others := set(reasons) - {OutsideReason.CLOSURE}:
        found = upcoming_conflicts(today, others)
        condition |= Q(pk__in=[conflict.appointment_id for conflict in found])
    return appointments.filter(condition, date__gte=today, status__in=OPEN_STATUSES)


def conflicts_among(appointments: Iterable[Appointment]) -> dict[int, Outside]:
    """Return why appointments are outside their doctor's working time, by primary key.

    Those inside are left out. Five queries.
    """
    bookings = [
        _Booking(
            appointment.pk,
            appointment.doctor_id,
            appointment.slot,
            appointment.buffer_before_minutes,
            appointment.buffer_after_minutes,
        )
        for appointment in appointments
    ]
    return {conflict.appointment_id: conflict.outside for conflict in _conflicts(bookings)}


def _conflicts(bookings: Collection[_Booking]) -> Iterator[Conflict]:
    """Yield the bookings that are outside their doctor's working time, in their order."""
    if not bookings:
        return
    doctors = Doctor.objects.filter(pk__in={booking.doctor_id for booking in bookings})
    calendars = load_offered_time(doctors, sorted({booking.slot.date for booking in bookings}))
    for booking in bookings:
        outside = why_outside_calendar(
            calendars[booking.doctor_id],
            booking.slot,
            booking.buffer_before,
            booking.buffer_after,
        )
        if outside is not None:
            yield Conflict(booking.appointment_id, booking.slot, outside)
