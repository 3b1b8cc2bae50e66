"""Gather the notifications of a recipient who got many emails on one day into one email.

Without a limit, anyone who changes an appointment again and again, or registers with the
address of another person, could have thousands of emails sent to it.
"""

import datetime as dt
from functools import partial
from operator import attrgetter

from django.conf import settings
from django.db.models import Count, Q
from django_tasks import task

from clinic import clock
from clinic.models import Notification
from clinic.notifications import emails
from clinic.rules import has_started
from users.common import email


def is_over_daily_limit(notification: Notification, now: dt.datetime) -> bool:
    """Return whether the recipient has got as many emails today as are sent in one day.

    ``now`` is aware, in the clinic's zone. Emails that other workers are sending count, too. A
    digest counts as one email.
    """
    others = Notification.objects.filter(recipient=notification.recipient_id).exclude(
        pk=notification.pk
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
    held = Notification.objects.waiting().filter(held_at__lt=_start_of_day(now))
    recipients = set(held.order_by().values_list("recipient", flat=True))
    for recipient in sorted(recipients):
        send_digest.enqueue(recipient)
    return len(recipients)


@task
def send_digest(recipient_id: int) -> None:
    """Send one email about all held notifications of a recipient, a user id.

    A failure is recorded on each of them; ``enqueue_due_digests()`` tries again.
    """
    now = clock.now()
    held = (
        Notification.objects.waiting()
        .with_appointment()
        .filter(recipient=recipient_id, held_at__lt=_start_of_day(now))
    )
    claimed = [notification for notification in held.order_by("pk") if notification.claim(now)]
    appointments = {
        notification.appointment_id: notification.appointment
        for notification in claimed
        if notification.recipient.is_active and not has_started(notification.appointment.slot, now)
    }
    if not appointments:
        for notification in claimed:
            notification.cancel(now)
        return
    recipient = claimed[0].recipient
    listed = sorted(appointments.values(), key=attrgetter("slot.start"))
    try:
        email.deliver_email(partial(emails.render_digest, recipient, listed, len(claimed)))
    except email.EmailNotSent as error:
        for notification in claimed:
            notification.record_failure(str(error))
        return
    for notification in claimed:
        notification.mark_sent(now)


def _start_of_day(now: dt.datetime) -> dt.datetime:
    return now.replace(hour=0, minute=0, second=0, microsecond=0, fold=0)
