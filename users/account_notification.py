"""Emails to the owner of an account about changes of the account."""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from users.account_events import AccountChange


class AccountNotification(models.Model):
    """One email that reports a change of an account, and whether it was sent.

    ``email`` is the address before the change: after a change by an attacker, the new one is
    the attacker's.
    """

    user = models.ForeignKey("users.User", models.CASCADE, related_name="notifications")
    change = models.CharField(max_length=16, choices=AccountChange)
    email = models.CharField(max_length=254)
    created_at = models.DateTimeField(default=timezone.now)
    sent_at = models.DateTimeField(null=True, blank=True)
    last_failure = models.CharField(max_length=200, blank=True)

    class Meta:
        verbose_name = _("account notification")
        verbose_name_plural = _("account notifications")
        ordering = ("pk",)

    def __str__(self) -> str:
        return f"{self.change} of {self.user_id} at {self.created_at:%Y-%m-%d %H:%M}"
