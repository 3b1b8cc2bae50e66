"""Cancel the requests that a doctor has not answered within ``ANSWER_DAYS`` working days."""

import datetime as dt
import logging
from collections.abc import Iterable

from django.conf import settings
from django.utils.translation import gettext as _

from clinic.booking.access import lock_appointment
from clinic.booking.calendar_loading import load_working_days
from clinic.booking.recording import record_change
from clinic.models import Appointment, Status
from clinic.models.appointment import AppointmentQuerySet
from clinic.rules import has_started
from users.common.transactions import TransactionConflict, atomic_with_retry

logger = logging.getLogger(__name__)


def lapse_unanswered_requests(now: dt.datetime) -> int:
    """Cancel each request that is due; return how many. Safe to run in several processes at once.

    A request that is being changed at the same time, or whose cancellation fails, is left for the
    next run. A failure is logged with the primary key.
    """
    lapsed = 0
    for appointment in unanswered_requests(now):
        try:
            lapsed += _lapse(appointment.pk, now)
        except TransactionConflict:
            continue
        except Exception:
            # Otherwise one request that cannot be saved would keep all later ones from lapsing.
            logger.exception("The unanswered appointment %s was not cancelled", appointment.pk)
    return lapsed


def unanswered_requests(now: dt.datetime) -> list[Appointment]:
    """Return the pending appointments still to come that lapse at ``now``.

    ``now`` is aware, in the clinic's zone. A request lapses at the end of the ``ANSWER_DAYS``-th
    day on which the doctor works, counted from the day after it became pending or this doctor's.
    With 0 none lapses.
    """
    return _due(Appointment.objects.all(), now)


def _due(appointments: AppointmentQuerySet, now: dt.datetime) -> list[Appointment]:
    """Return those of the appointments that lapse at ``now``."""
    if not settings.ANSWER_DAYS:
        return []
    today, zone = now.date(), now.tzinfo
    # Before the first of at least as many whole days as the doctor had to work. Not so many times
    # 24 hours before now: a day on which the clock changes is shorter.
    first_day = today - dt.timedelta(days=settings.ANSWER_DAYS)
    pending = appointments.filter(
        status=Status.PENDING,
        pending_since__lt=dt.datetime.combine(first_day, dt.time(), zone),
        date__gte=today,
    ).with_people()
    waiting = [
        (appointment, appointment.pending_since.astimezone(zone).date())
        for appointment in pending.order_by("date", "time", "pk")
        if appointment.pending_since and not has_started(appointment.slot, now)
    ]
    if not waiting:
        return []
    first = min(since for _appointment, since in waiting)
    worked = load_working_days(
        {appointment.doctor for appointment, _since in waiting}, first, today
    )
    return [
        appointment
        for appointment, since in waiting
        if _days_between(worked[appointment.doctor_id], since, today) >= settings.ANSWER_DAYS
    ]


def _days_between(days: Iterable[dt.date], since: dt.date, until: dt.date) -> int:
    """Return how many of the days lie after ``since`` and before ``until``."""
    return sum(since < day < until for day in days)


@atomic_with_retry
def _lapse(appointment_id: int, now: dt.datetime) -> bool:
    """Cancel one request, unless it was answered or moved in the meantime; return whether."""
    lock_appointment(appointment_id)
    due = _due(Appointment.objects.filter(pk=appointment_id), now)
    for appointment in due:
        appointment.status, appointment.pending_since = Status.CANCELLED, None
        appointment.cancellation_reason = _("The request was not answered in time.")
        appointment.save()
        record_change(
            appointment,
            None,
            None,
            now,
            days=appointment.busy_days(),
            reason=appointment.cancellation_reason,
        )
    return bool(due)
