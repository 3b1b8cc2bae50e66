"""Reminder emails to patients, sent ``REMINDER_HOURS`` before an appointment starts."""

import datetime as dt
from collections.abc import Iterable

from django.conf import settings
from django.db.models import Exists, OuterRef

from clinic.models import OPEN_STATUSES, Appointment, AppointmentChange, Notification
from clinic.notifications.tasks import enqueue_notification
from clinic.rules import has_started


def enqueue_due_reminders(now: dt.datetime) -> int:
    """Enqueue a reminder for each appointment that is due for one; return how many.

    Safe to run in several processes at once: a unique constraint allows one reminder
    per appointment and time.
    """
    return sum(
        enqueue_notification(
            appointment,
            appointment.patient.user,
            Notification.Kind.REMINDER,
            slot=appointment.slot,
            status=appointment.status,
            sequence=0,
        )
        for appointment in appointments_due_for_reminder(now)
    )


def appointments_due_for_reminder(now: dt.datetime) -> list[Appointment]:
    """Return the open appointments whose reminder is due at ``now`` and not enqueued yet.

    ``now`` is aware, in the clinic's time zone. A reminder is due from ``REMINDER_HOURS``
    of elapsed time (not wall-clock time) before the start until the start. Appointments
    that were booked or moved within that period get no reminder.
    """
    period = dt.timedelta(hours=settings.REMINDER_HOURS)
    return [
        appointment
        for appointment in _appointments_without_reminder(now, period)
        if _is_due(appointment, now, period)
    ]


def _appointments_without_reminder(now: dt.datetime, period: dt.timedelta) -> Iterable[Appointment]:
    """Return the open appointments from today to the last relevant day, without a reminder.

    A reminder for another time of the same appointment does not count.
    """
    # Added in UTC: Python adds to a local time by the wall clock.
    last_day = (now.astimezone(dt.UTC) + period).astimezone(now.tzinfo).date()
    reminders = Notification.objects.filter(
        appointment=OuterRef("pk"),
        kind=Notification.Kind.REMINDER,
        date=OuterRef("date"),
        time=OuterRef("time"),
    )
    appointments = Appointment.objects.filter(
        ~Exists(reminders), status__in=OPEN_STATUSES, date__range=(now.date(), last_day)
    )
    return appointments.with_people().prefetch_related("history").order_by("date", "time", "pk")


def _is_due(appointment: Appointment, now: dt.datetime, period: dt.timedelta) -> bool:
    # Subtracted in UTC: Python subtracts from a local time by the wall clock.
    due_at = appointment.starts_at.astimezone(dt.UTC) - period
    scheduled_at = _last_scheduled_at(appointment, list(appointment.history.all()))
    return due_at <= now and not has_started(appointment.slot, now) and scheduled_at < due_at


def _last_scheduled_at(appointment: Appointment, history: list[AppointmentChange]) -> dt.datetime:
    """Return when the appointment was booked at, or last moved to, its current time."""
    scheduled_at = appointment.created_at
    for change in reversed(history):
        if (change.date, change.time) != (appointment.date, appointment.time):
            break
        scheduled_at = change.changed_at
    return scheduled_at
