"""Who is told what about an appointment: tasks of the queue, safe to run twice."""

import datetime as dt

from django.db import transaction
from django_tasks import task

from clinic import clock
from clinic.models import OPEN_STATUSES, Appointment, AppointmentChange, Notification, Status
from clinic.notifications import emails
from clinic.rules import has_started
from users.common import email
from users.common.querysets import first_or_none
from users.models import User


class AlreadyBeingSent(Exception):
    """Another worker has the letter; the queue looks again later whether it left."""


@task
def notify_parties(change_id: int) -> None:
    """Owe doctor and patient a letter about one change of their appointment.

    Enqueued in the transaction of the change, so that the one stands with the other.
    """
    changes = AppointmentChange.objects.select_related(
        "appointment__doctor__user", "appointment__patient__user"
    )
    change = first_or_none(changes.filter(pk=change_id))
    if change is None:
        return  # The appointment was erased since.
    earlier = list(change.appointment.history.filter(pk__lt=change.pk).order_by("pk"))
    kind = _kind_of(change, earlier[-1] if earlier else None)
    if kind is None:
        return
    for person in (change.appointment.doctor.user, change.appointment.patient.user):
        enqueue_notification(change, person, kind, sequence=len(earlier))


def enqueue_notification(
    told: AppointmentChange | Appointment, person: User, kind: Notification.Kind, *, sequence: int
) -> bool:
    """Put one letter on the queue, unless it is there or was sent before; say whether."""
    appointment = told if isinstance(told, Appointment) else told.appointment
    with transaction.atomic():
        notice, is_new = Notification.objects.get_or_create(
            appointment=appointment,
            recipient=person,
            kind=kind,
            date=told.date,
            time=told.time,
            sequence=sequence,
            defaults={"status": told.status, "created_at": clock.now()},
        )
        if is_new:
            send_notification.enqueue(notice.pk)
    return is_new


@task
def send_notification(notice_id: int) -> None:
    """Send one letter, if it still tells the truth. Raises ``NotSent`` and ``AlreadyBeingSent``."""
    notice = first_or_none(Notification.objects.waiting().with_appointment().filter(pk=notice_id))
    if notice is None:
        return
    if not notice.claim(clock.now()):
        raise AlreadyBeingSent
    if not _is_wanted(notice, clock.now()):
        notice.cancel(clock.now())
        return
    try:
        email.send_email(emails.render_email(notice))
    except email.EmailNotSent as error:
        notice.record_failure(str(error))
        raise
    # Killed here, a worker has sent what the next one sends again, under the same Message-ID.
    notice.mark_sent(clock.now())


def _kind_of(
    change: AppointmentChange, before: AppointmentChange | None
) -> Notification.Kind | None:
    if change.status == Status.CANCELLED:
        return Notification.Kind.CANCELLED
    if before is None:
        return Notification.Kind.BOOKED
    if (change.date, change.time) != (before.date, before.time):
        return Notification.Kind.MOVED
    return Notification.Kind.CONFIRMED if change.status == Status.CONFIRMED else None


def _is_wanted(notice: Notification, now: dt.datetime) -> bool:
    # Nobody can act on it any more; what became of the appointment is told by the API.
    if has_started(notice.slot, now) or not notice.recipient.is_active:
        return False
    if notice.kind == Notification.Kind.REMINDER:
        appointment = notice.appointment
        return appointment.status in OPEN_STATUSES and appointment.slot == notice.slot
    # One that waited for its next try must not come after what happened since.
    sent = Notification.objects.filter(sent_at__isnull=False, recipient=notice.recipient)
    since = sent.filter(appointment=notice.appointment, sequence__gt=notice.sequence)
    return not since.exists()
