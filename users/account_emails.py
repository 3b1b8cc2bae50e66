"""Notify the owner of an account of a new password or a new email address.

The emails contain nothing that a user typed, because an attacker may have changed the account.
"""

from functools import partial

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django_tasks import task

from users.account_events import AccountChange
from users.account_notification import AccountNotification
from users.common import rate_limits
from users.common.email import EmailNotSent, build_email, deliver_email
from users.common.rate_limits import RateLimitExceeded, Throttle
from users.models import User
from users.querysets import first_or_none

HEADLINES = {
    AccountChange.PASSWORD: gettext_lazy("Your password was changed"),
    AccountChange.SECOND_FACTOR: gettext_lazy("The second factor of your account was changed"),
    AccountChange.EMAIL: gettext_lazy("The email address of your account was changed"),
}


def enqueue_notification(user_id: int, change: AccountChange, address: str) -> None:
    """Store a notification to ``address`` and enqueue sending it, in the current transaction.

    What owners change themselves is limited: otherwise anyone could send many to a stranger, by
    registering with the stranger's address and changing the password again and again.
    """
    if change is not AccountChange.EMAIL:
        try:
            rate_limits.consume(Throttle.ACCOUNT_NOTIFICATIONS_PER_USER, f"{user_id} {change}")
        except RateLimitExceeded:
            return
    row = AccountNotification.objects.create(user_id=user_id, change=change, email=address)
    send_account_notification.enqueue(row.pk)


@task
def send_account_notification(notification_id: int) -> None:
    """Send the email, unless it was sent before. Raises ``EmailNotSent``; the queue retries."""
    waiting = AccountNotification.objects.filter(pk=notification_id, sent_at__isnull=True)
    notification = first_or_none(waiting.select_related("user"))
    if notification is None:
        return
    try:
        deliver_email(partial(_render, notification))
    except EmailNotSent as error:
        waiting.update(last_failure=str(error)[:200])
        raise
    waiting.update(sent_at=timezone.now(), last_failure="")


def _render(notification: AccountNotification) -> EmailMultiAlternatives:
    headline = str(HEADLINES[AccountChange(notification.change)])
    # Without a name: ``build_email`` greets the recipient only if the address is verified.
    recipient = User(email=notification.email)
    return build_email(
        "users/emails/account_changed",
        recipient,
        subject=_("{headline}: {clinic}").format(headline=headline, clinic=settings.CLINIC_NAME),
        headline=headline,
        context={"change": notification.change},
    )
