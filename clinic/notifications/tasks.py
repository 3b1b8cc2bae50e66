"""Background tasks that notify patient and doctor of changes. Each task can safely run twice."""

import datetime as dt
from functools import partial

from django.db import transaction
from django_tasks import task

from clinic import clock
from clinic.models import OPEN_STATUSES, Appointment, AppointmentChange, Notification, Status
from clinic.notifications import emails
from clinic.notifications.digests import is_over_daily_limit
from clinic.rules import has_started
from clinic.slots import Slot
from users.common import email
from users.models import User


class AlreadyBeingSent(Exception):
    """Another worker is sending the notification; the task queue retries later."""


@task
def notify_parties(change_id: int) -> None:
    """Enqueue a notification to the doctor and one to the patient about an appointment change.

    Enqueue this task in the transaction that writes the change, so that both are
    committed or rolled back together.
    """
    changes = AppointmentChange.objects.select_related(
        "appointment__doctor__user", "appointment__patient__user"
    )
    change = changes.filter(pk=change_id).get_or_none()
    if change is None:
        return  # The appointment has been deleted since.
    appointment = change.appointment
    earlier = list(appointment.history.filter(pk__lt=change.pk).order_by("pk"))
    kind = _kind_of(change, earlier[-1] if earlier else None)
    if kind is None:
        return
    for recipient in (appointment.doctor.user, appointment.patient.user):
        enqueue_notification(
            appointment,
            recipient,
            kind,
            slot=Slot(change.date, change.time, appointment.duration_minutes),
            status=change.status,
            sequence=len(earlier),
        )


def enqueue_notification(
    appointment: Appointment,
    recipient: User,
    kind: Notification.Kind,
    *,
    slot: Slot,
    status: str,
    sequence: int,
) -> bool:
    """Create a notification and enqueue sending it, unless it exists already.

    ``slot`` and ``status`` are those of the appointment that the email reports.
    ``sequence`` is the 0-based position of the reported change in the appointment's
    history; always 0 for a reminder. Returns whether a notification was created.
    """
    with transaction.atomic():
        notification, created = Notification.objects.get_or_create(
            appointment=appointment,
            recipient=recipient,
            kind=kind,
            date=slot.date,
            time=slot.time,
            sequence=sequence,
            defaults={"status": status, "created_at": clock.now()},
        )
        if created:
            send_notification.enqueue(notification.pk)
    return created


@task
def send_notification(notification_id: int) -> None:
    """Send the email of a waiting notification, or cancel it if it is outdated.

    Does nothing if the notification was sent, cancelled or held back before. Holds it back for
    the digest if the recipient has got too many emails today. Raises
    ``EmailNotSent`` for any failure to build or send the email, which is recorded, and
    ``AlreadyBeingSent`` if another worker holds the claim; the queue then retries.
    """
    waiting = Notification.objects.waiting().with_appointment()
    notification = waiting.filter(pk=notification_id, held_at__isnull=True).get_or_none()
    if notification is None:
        return
    if not notification.claim(clock.now()):
        raise AlreadyBeingSent
    if not _is_current(notification, clock.now()):
        notification.cancel(clock.now())
        return
    if is_over_daily_limit(notification, clock.now()):
        notification.hold(clock.now())
        return
    try:
        email.deliver_email(partial(emails.render_email, notification))
    except email.EmailNotSent as error:
        notification.record_failure(str(error))
        raise
    # If the worker is killed here, the email is sent a second time by another worker. Both
    # copies have the same Message-ID, so that mail programs can drop the duplicate.
    notification.mark_sent(clock.now())


def _kind_of(
    change: AppointmentChange, previous: AppointmentChange | None
) -> Notification.Kind | None:
    """Return the kind of notification for a change, or None if the change needs none."""
    if change.status == Status.CANCELLED:
        return Notification.Kind.CANCELLED
    if previous is None:
        return Notification.Kind.BOOKED
    if (change.date, change.time) != (previous.date, previous.time):
        return Notification.Kind.MOVED
    return Notification.Kind.CONFIRMED if change.status == Status.CONFIRMED else None


def _is_current(notification: Notification, now: dt.datetime) -> bool:
    """Whether the notification is still correct and useful to its recipient at ``now``."""
    if has_started(notification.slot, now) or not notification.recipient.is_active:
        return False
    if notification.kind == Notification.Kind.REMINDER:
        appointment = notification.appointment
        return appointment.status in OPEN_STATUSES and appointment.slot == notification.slot
    # A notification delayed by retries must not arrive after one about a later change.
    sent = Notification.objects.filter(sent_at__isnull=False, recipient=notification.recipient)
    later = sent.filter(appointment=notification.appointment, sequence__gt=notification.sequence)
    return not later.exists()
