"""Background tasks that notify the people of an appointment of its changes.

Each task can safely run twice.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable
from functools import partial
from typing import NamedTuple

from django.db import transaction
from django_tasks import task

from clinic import clock
from clinic.models import Appointment, AppointmentChange, Notification, Status
from clinic.notifications import emails
from clinic.notifications.digests import is_over_daily_limit, send_summary
from clinic.notifications.recipients import recipients_of_change
from clinic.slots import Slot
from users.common import email
from users.common.task_priorities import BULK
from users.models import User


class AlreadyBeingSent(Exception):
    """Another worker is sending the notification; the task queue retries later."""


@task
def notify_parties(change_id: int) -> None:
    """Enqueue the notifications to the doctors and to the patient's side about a change.

    Enqueue this task in the transaction that writes the change, so that both are
    committed or rolled back together.
    """
    for message in _messages_about_change(change_id):
        message.enqueue()


def hold_notifications(change_id: int, now: dt.datetime) -> list[Notification]:
    """Create the notifications about an appointment change, without sending them; return them.

    Call this in the transaction that writes the change, and ``release_notifications()`` after the
    last one. Without it the digest of the next day reports them.
    """
    return [message.enqueue(held_at=now) for message in _messages_about_change(change_id)]


def release_notifications(held: Iterable[Notification]) -> None:
    """Enqueue one email to each recipient of the held notifications.

    About a single one it is the usual email, about several a summary.
    """
    by_recipient: dict[int, list[int]] = defaultdict(list)
    for notification in held:
        by_recipient[notification.recipient_id].append(notification.pk)
    with transaction.atomic():
        for recipient, notification_ids in by_recipient.items():
            if len(notification_ids) > 1:
                send_summary.enqueue(recipient, notification_ids)
                continue
            Notification.objects.filter(pk__in=notification_ids).update(held_at=None)
            send_notification.enqueue(*notification_ids)


class _Message(NamedTuple):
    """An email about a change: to whom, of which kind, and the state that it reports.

    ``sequence`` is the 0-based position of the change in the history.
    """

    appointment: Appointment
    recipient: User
    kind: Notification.Kind
    slot: Slot
    status: str
    sequence: int

    def enqueue(self, held_at: dt.datetime | None = None) -> Notification:
        """Create the notification, unless it exists, and enqueue sending it; return it."""
        return enqueue_notification(
            self.appointment,
            self.recipient,
            self.kind,
            slot=self.slot,
            status=self.status,
            sequence=self.sequence,
            held_at=held_at,
        ).notification


def _messages_about_change(change_id: int) -> list[_Message]:
    """Return the emails about a change; none if the appointment has been deleted since."""
    changes = AppointmentChange.objects.select_related(
        "doctor__user", "appointment__doctor__user", "appointment__patient__user"
    )
    change = changes.filter(pk=change_id).get_or_none()
    if change is None:
        return []
    history = change.appointment.history.select_related("doctor__user", "appointment__doctor__user")
    earlier = list(history.filter(pk__lt=change.pk).order_by("pk"))
    return _messages_about(change, earlier[-1] if earlier else None, len(earlier))


def _messages_about(
    change: AppointmentChange, previous: AppointmentChange | None, sequence: int
) -> list[_Message]:
    """Return the emails about a change; ``previous`` is the entry before it in the history.

    After another doctor takes over, the appointment is booked for that doctor, and cancelled for
    the one before.
    """
    kind = _kind_of(change, previous)
    if kind is None:
        return []
    doctor = _doctor_of(change)
    to_doctor = _Message(
        change.appointment, doctor, kind, _slot_of(change), change.status, sequence
    )
    to_doctors = [to_doctor]
    if kind is Notification.Kind.REASSIGNED and previous is not None:
        to_former_doctor = to_doctor._replace(
            recipient=_doctor_of(previous),
            kind=Notification.Kind.CANCELLED,
            slot=_slot_of(previous),
            status=Status.CANCELLED,
        )
        to_doctors = [to_former_doctor, to_doctor._replace(kind=Notification.Kind.BOOKED)]
    on_side = recipients_of_change(change, [message.recipient for message in to_doctors])
    return [*to_doctors, *(to_doctor._replace(recipient=user) for user in on_side)]


def _doctor_of(change: AppointmentChange) -> User:
    """Return the account of the doctor after a change; entries of early releases have none."""
    return (change.doctor or change.appointment.doctor).user


def _slot_of(change: AppointmentChange) -> Slot:
    duration = change.duration_minutes or change.appointment.duration_minutes
    return Slot(change.date, change.time, duration)


class Enqueued(NamedTuple):
    """A notification, and whether it was created now."""

    notification: Notification
    is_new: bool


def enqueue_notification(
    appointment: Appointment,
    recipient: User,
    kind: Notification.Kind,
    *,
    slot: Slot,
    status: str,
    sequence: int,
    held_at: dt.datetime | None = None,
) -> Enqueued:
    """Create a notification and enqueue sending it, unless it exists already.

    ``slot`` and ``status`` are those of the appointment that the email reports.
    ``sequence`` is the 0-based position of the reported change in the appointment's
    history; always 0 for a reminder. With ``held_at`` a digest reports it instead, which the caller
    enqueues.
    """
    with transaction.atomic():
        notification, created = Notification.objects.get_or_create(
            appointment=appointment,
            recipient=recipient,
            kind=kind,
            date=slot.date,
            time=slot.time,
            sequence=sequence,
            defaults={"status": status, "created_at": clock.now(), "held_at": held_at},
        )
        if created and held_at is None:
            is_reminder = kind == Notification.Kind.REMINDER
            send = send_notification.using(priority=BULK) if is_reminder else send_notification
            send.enqueue(notification.pk)
    return Enqueued(notification, created)


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
    if not notification.is_current(clock.now()):
        notification.cancel(clock.now())
        return
    if is_over_daily_limit([notification], clock.now()):
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
    """Return the kind of email to the patient about a change, or None if it needs none.

    An arrival, a completion, a no-show and another reason for the appointment need none.
    """
    kinds = Notification.Kind
    if change.status == Status.CANCELLED:
        return kinds.CANCELLED if change.changed_by_id else kinds.LAPSED
    if previous is None:
        return kinds.BOOKED
    if previous.status == Status.CANCELLED:
        return kinds.REOPENED
    if _doctor_of(change) != _doctor_of(previous):
        return kinds.REASSIGNED
    if (change.date, change.time) != (previous.date, previous.time):
        return kinds.MOVED
    if (previous.status, change.status) == (Status.PENDING, Status.CONFIRMED):
        return kinds.CONFIRMED
    is_amended = change.has_other_type(previous) or (
        _slot_of(change).duration_minutes != _slot_of(previous).duration_minutes
    )
    return kinds.AMENDED if is_amended else None
