"""Reminder emails to the patient's side, sent ``REMINDER_HOURS`` before an appointment."""

import datetime as dt
from collections.abc import Iterable

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef

from clinic.models import OPEN_STATUSES, Appointment, AppointmentChange, Notification, Status
from clinic.notifications.recipients import is_anybody_reminded, recipients_of_reminder
from clinic.notifications.tasks import enqueue_notification
from clinic.rules import has_started


def enqueue_due_reminders(now: dt.datetime) -> int:
    """Enqueue the reminders of each appointment that is due for them; return how many.

    Safe to run in several processes at once: a unique constraint allows one reminder
    per appointment, recipient and time.
    """
    return sum(
        _enqueue_reminders(appointment) for appointment in appointments_due_for_reminder(now)
    )


@transaction.atomic  # with the first of several reminders, the appointment is not due any more
def _enqueue_reminders(appointment: Appointment) -> int:
    return sum(
        enqueue_notification(
            appointment,
            recipient,
            Notification.Kind.REMINDER,
            slot=appointment.slot,
            status=appointment.status,
            sequence=0,
        ).is_new
        for recipient in recipients_of_reminder(appointment)
    )


def appointments_due_for_reminder(now: dt.datetime) -> list[Appointment]:
    """Return the open appointments whose reminder is due at ``now`` and not enqueued yet.

    ``now`` is aware, in the clinic's time zone. A reminder is due from ``REMINDER_HOURS``
    of elapsed time (not wall-clock time) before the start until the start. Appointments
    that were booked, moved or reopened within that period get no reminder, and neither do those
    of a patient without an address and without guardians who have one.
    """
    period = dt.timedelta(hours=settings.REMINDER_HOURS)
    return [
        appointment
        for appointment in _appointments_without_reminder(now, period)
        if _is_due(appointment, now, period) and is_anybody_reminded(appointment)
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
    """Return when the appointment was booked at, or last moved to, its current time.

    An appointment that had been cancelled counts from when it was reopened.
    """
    scheduled_at = appointment.created_at
    for change in reversed(history):
        is_elsewhere = (change.date, change.time) != (appointment.date, appointment.time)
        if is_elsewhere or change.status == Status.CANCELLED:
            break
        scheduled_at = change.changed_at
    return scheduled_at
