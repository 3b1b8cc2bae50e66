"""Gather several notifications of a recipient into one email: a digest or a summary.

A digest follows on the next day if a recipient got many emails on one day. A summary reports at
once the changes that one action made.

Without a limit, anyone who changes an appointment again and again, or registers with the
address of another person, could have thousands of emails sent to it.
"""

import datetime as dt
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from operator import attrgetter
from typing import TypeVar

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.db.models import Count, Q
from django_tasks import task

from clinic import clock
from clinic.models import Notification, Status
from clinic.models.notification import NotificationQuerySet
from clinic.notifications import emails
from clinic.rules import has_started
from users.common import email
from users.common.task_priorities import BULK
from users.models import User

T = TypeVar("T")


def is_over_daily_limit(notifications: Sequence[Notification], now: dt.datetime) -> bool:
    """Return whether the recipient has got as many emails today as are sent in one day.

    ``notifications``, which this worker is about to send in one email, have one recipient and do
    not count. No two accounts have the same address, so the limit is one of each address: a
    guardian's emails about all dependants count together. ``now`` is aware, in the clinic's zone.
    Emails that other workers are sending count, too. A digest or a summary counts as one email.
    """
    others = Notification.objects.filter(recipient=notifications[0].recipient_id).exclude(
        pk__in=[notification.pk for notification in notifications]
    )
    sent_today = Q(sent_at__gte=_start_of_day(now))
    counts = others.aggregate(
        single=Count("pk", filter=sent_today & Q(held_at__isnull=True)),
        digests=Count("sent_at", distinct=True, filter=sent_today & Q(held_at__isnull=False)),
        being_sent=Count("pk", filter=Q(sending_since__isnull=False, sent_at__isnull=True)),
    )
    return bool(sum(counts.values()) >= settings.MAX_EMAILS_PER_DAY)


def enqueue_due_digests(now: dt.datetime) -> int:
    """Enqueue a digest for each recipient of notifications held before today; return how many.

    ``now`` is aware, in the clinic's zone. Safe to run in several processes at once.
    """
    recipients = recipients_due(now)
    for recipient in sorted(recipients):
        send_digest.enqueue(recipient)
    return len(recipients)


def recipients_due(now: dt.datetime) -> set[int]:
    """Return the user ids of the recipients of notifications held before today."""
    held = Notification.objects.waiting().filter(held_at__lt=_start_of_day(now))
    return set(held.order_by().values_list("recipient", flat=True))


@task(priority=BULK)
def send_digest(recipient_id: int) -> None:
    """Send one email about all notifications of a recipient (a user id) held before today.

    A failure is recorded on each of them; ``enqueue_due_digests()`` tries again.
    """
    now = clock.now()
    held = _held_for(recipient_id).filter(held_at__lt=_start_of_day(now))
    claimed = _claim(held, now)
    states = {
        notification.appointment_id: state
        for notification in claimed
        if (state := _state_for_recipient(notification))
        if notification.recipient.is_active and notification.recipient.notification_email
        if not has_started(state.slot, now)
    }
    listed = sorted(states.values(), key=attrgetter("slot.start"))
    with suppress(email.EmailNotSent):
        _send_about(claimed, listed, partial(emails.render_digest, changes=len(claimed)), now)


@task
def send_summary(recipient_id: int, notification_ids: list[int]) -> None:
    """Send one email at once about held notifications of a recipient, a user id.

    For changes that one action made. Leaves them to the digest if the recipient has got too many
    emails today. Raises ``EmailNotSent``, which is recorded on each; the queue then retries.
    """
    now = clock.now()
    held = _held_for(recipient_id).filter(pk__in=notification_ids)
    claimed = _claim(held, now)
    if claimed and is_over_daily_limit(claimed, now):
        for notification in claimed:
            notification.hold(now)
        return
    current = [notification for notification in claimed if notification.is_current(now)]
    current.sort(key=attrgetter("slot.start"))
    _send_about(claimed, current, emails.render_summary, now)


def _held_for(recipient_id: int) -> NotificationQuerySet:
    waiting = Notification.objects.waiting().with_appointment()
    return waiting.filter(recipient=recipient_id, held_at__isnull=False)


def _claim(notifications: NotificationQuerySet, now: dt.datetime) -> list[Notification]:
    """Return those of the notifications that no other worker is sending."""
    return [
        notification for notification in notifications.order_by("pk") if notification.claim(now)
    ]


def _send_about(
    claimed: Sequence[Notification],
    listed: Sequence[T],
    render: Callable[[User, Sequence[T]], EmailMultiAlternatives],
    now: dt.datetime,
) -> None:
    """Send one email that lists ``listed`` to the recipient of the claimed notifications.

    If there is nothing to list, they are cancelled. Records a failure on each, and raises it.
    """
    if not listed:
        for notification in claimed:
            notification.cancel(now)
        return
    try:
        email.deliver_email(partial(render, claimed[0].recipient, listed))
    except email.EmailNotSent as error:
        for notification in claimed:
            notification.record_failure(str(error))
        raise
    for notification in claimed:
        notification.mark_sent(now)


def _state_for_recipient(notification: Notification) -> emails.AppointmentState | None:
    """Return the appointment as it is now; cancelled for a doctor who does not have it any more.

    None for somebody who is no guardian of the patient any more.
    """
    appointment = notification.appointment
    is_guardian = notification.is_to_guardian
    if is_guardian and not notification.has_guardian_as_recipient():
        return None
    if is_guardian or notification.recipient_id in appointment.people:
        dependant = appointment.patient.user if is_guardian else None
        return emails.AppointmentState(appointment.slot, Status(appointment.status), dependant)
    return emails.AppointmentState(notification.slot, Status.CANCELLED)


def _start_of_day(now: dt.datetime) -> dt.datetime:
    return now.replace(hour=0, minute=0, second=0, microsecond=0, fold=0)
