"""Reminders: one for each patient and time, some hours before the visit."""

import datetime as dt
from collections.abc import Iterable

from django.conf import settings
from django.db.models import Exists, OuterRef

from clinic.models import OPEN_STATUSES, Appointment, AppointmentChange, Notification
from clinic.notifications.tasks import enqueue_notification
from clinic.rules import has_started


def enqueue_due_reminders(now: dt.datetime) -> int:
    """Put on the queue each reminder that is ``due``; say how many.

    Several may run this at once: each reminder is owed once.
    """
    return sum(
        enqueue_notification(visit, visit.patient.user, Notification.Kind.REMINDER, sequence=0)
        for visit in appointments_due_for_reminder(now)
    )


def appointments_due_for_reminder(now: dt.datetime) -> list[Appointment]:
    """The visits whose patients are to be reminded at ``now`` (aware, the clinic's).

    Those that start within ``REMINDER_HOURS``, hours that pass and not hours on the
    wall. One booked or moved within them needs no reminder.
    """
    ahead = dt.timedelta(hours=settings.REMINDER_HOURS)
    return [visit for visit in _unreminded(now, ahead) if _is_due(visit, now, ahead)]


def _unreminded(now: dt.datetime, ahead: dt.timedelta) -> Iterable[Appointment]:
    """Open visits of the days in question whose patient was not reminded of their time."""
    last_day = (now.astimezone(dt.UTC) + ahead).astimezone(now.tzinfo).date()
    reminders = Notification.objects.filter(
        appointment=OuterRef("pk"),
        kind=Notification.Kind.REMINDER,
        date=OuterRef("date"),
        time=OuterRef("time"),
    )
    visits = Appointment.objects.filter(
        ~Exists(reminders), status__in=OPEN_STATUSES, date__range=(now.date(), last_day)
    )
    return visits.with_people().prefetch_related("history").order_by("date", "time", "pk")


def _is_due(visit: Appointment, now: dt.datetime, ahead: dt.timedelta) -> bool:
    # In UTC: Python subtracts within one zone by the wall clock.
    due_at = visit.starts_at.astimezone(dt.UTC) - ahead
    placed_at = _placed_at(visit, list(visit.history.all()))
    return due_at <= now and not has_started(visit.slot, now) and placed_at < due_at


def _placed_at(visit: Appointment, history: list[AppointmentChange]) -> dt.datetime:
    """When the visit came to stand where it stands."""
    placed_at = visit.created_at
    for line in reversed(history):
        if (line.date, line.time) != (visit.date, visit.time):
            break
        placed_at = line.changed_at
    return placed_at
