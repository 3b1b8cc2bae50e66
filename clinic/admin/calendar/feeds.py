"""What the calendar displays, in the form of its JSON feeds.

Times are on the clinic's wall clock, without an offset: the page shows them as they are.
"""

import datetime as dt
from collections.abc import Iterator, Sequence
from typing import Any

from django.db.models import Count, Q

from clinic import clock
from clinic.admin.calendar.periods import Period
from clinic.booking.calendar_loading import load_offered_time
from clinic.booking.doctor_calendar import DoctorCalendar
from clinic.models import Appointment, Status
from clinic.slots import GRID_MINUTES, MINUTES_PER_DAY, TICKS_PER_DAY, first_tick
from users.models import User

Json = dict[str, Any]
# What an appointment in the calendar discloses, for the audit log.
SHOWN_FIELDS = (
    *("appointment_type", "arrival", "buffers", "date", "doctor", "duration_minutes"),
    *("patient", "status", "time"),
)
# Building whole accounts takes longer than the query.
LOADED_FIELDS = (
    *("doctor_id", "date", "time", "duration_minutes", "status", "arrived_at"),
    *("buffer_before_minutes", "buffer_after_minutes", "appointment_type__name"),
    *("patient__user__first_name", "patient__user__last_name", "patient__user__email"),
)


def load_appointments(
    user: User, period: Period, ids: Sequence[int] | None = None, *, with_cancelled: bool = False
) -> list[Appointment]:
    """Return the appointments of the period; only those in ``ids``, if given. One query."""
    appointments = Appointment.objects.visible_to(user)
    if not with_cancelled:
        appointments = appointments.live()
    appointments = appointments.filter(
        doctor__in=period.doctors, date__gte=period.first, date__lte=period.last
    )
    if ids is not None:
        appointments = appointments.filter(pk__in=ids)
    people = appointments.select_related("patient__user", "appointment_type")
    return list(people.only(*LOADED_FIELDS).order_by("date", "time", "pk"))


def describe_appointment(appointment: Appointment) -> Json:
    """Return an appointment as the page draws it. Why the patient comes is in the panel only."""
    start = appointment.slot.start
    arrived_at, type_ = appointment.arrived_at, appointment.appointment_type
    return {
        "id": appointment.pk,
        "doctor": appointment.doctor_id,
        "start": start.isoformat(),
        "minutes": appointment.duration_minutes,
        "before": appointment.buffer_before_minutes,
        "after": appointment.buffer_after_minutes,
        "patient": str(appointment.patient),
        "type": type_.name if type_ else "",
        "status": appointment.status,
        "arrived": f"{arrived_at.astimezone(clock.zone()):%H:%M}" if arrived_at else None,
    }


def describe_unavailable(period: Period) -> list[Json]:
    """Return when the doctors do not work, with the reason: hours, time off or closure.

    One query, whatever the number of doctors and dates.
    """
    dates = period.dates
    calendars = load_offered_time(period.doctors, dates)
    return [
        {"doctor": doctor.pk, "date": date.isoformat(), **unavailable}
        for doctor in period.doctors
        for date in dates
        for unavailable in _unavailable(calendars[doctor.pk], date)
    ]


def _unavailable(calendar: DoctorCalendar, date: dt.date) -> Iterator[Json]:
    if (closure := calendar.closed.get(date)) is not None:
        yield _interval("closure", 0, MINUTES_PER_DAY, closure)
        return
    free = 0
    for hours in calendar.hours_on(date):
        if hours.start > free:
            yield _interval("hours", free, hours.start)
        free = max(free, hours.stop)
    if free < MINUTES_PER_DAY:
        yield _interval("hours", free, MINUTES_PER_DAY)
    midnight = first_tick(date)
    for ticks in calendar.time_off:
        start, stop = max(ticks.start - midnight, 0), min(ticks.stop - midnight, TICKS_PER_DAY)
        if start < stop:
            yield _interval("time_off", start * GRID_MINUTES, stop * GRID_MINUTES)


def _interval(reason: str, start: int, stop: int, name: str = "") -> Json:
    return {"reason": reason, "start": start, "end": stop, "name": name}


def count_by_day(user: User, period: Period) -> list[Json]:
    """Return for each date with appointments how many there are, and how many are pending."""
    appointments = Appointment.objects.visible_to(user).live()
    counted = (
        appointments.filter(
            doctor__in=period.doctors, date__gte=period.first, date__lte=period.last
        )
        .order_by("date")
        .values("date")
        .annotate(
            appointments=Count("pk"),
            pending=Count("pk", filter=Q(status=Status.PENDING)),
        )
    )
    return [{**row, "date": row["date"].isoformat()} for row in counted]
