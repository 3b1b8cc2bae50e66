"""One-time links in emails to an address, of which only a hash is stored."""

import datetime as dt
from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from users.querysets import QuerySet


class Purpose(models.TextChoices):
    """What using a link does."""

    VERIFY = "verify", _("Verify the email address")
    CHANGE = "change", _("Change to this email address")
    STOP = "stop", _("Stop a change from this email address")
    INVITATION = "invitation", _("Choose a password")


LIFETIMES = {
    Purpose.VERIFY: dt.timedelta(days=3),
    Purpose.CHANGE: dt.timedelta(days=1),
    # The lifetime of the link that changes the address, and the day after its use.
    Purpose.STOP: dt.timedelta(days=2),
    Purpose.INVITATION: dt.timedelta(days=7),
}


class EmailLinkQuerySet(QuerySet["EmailLink"]):
    def valid(self) -> "EmailLinkQuerySet":
        """Return the links that have not expired."""
        return self.filter(expires_at__gt=timezone.now())

    def expired(self) -> "EmailLinkQuerySet":
        return self.filter(expires_at__lte=timezone.now())

    def pending(self) -> "EmailLinkQuerySet":
        """Return the links that give or change access to their account: all but ``STOP``.

        They end with a new password: the person who requested one may be who had the old password.
        """
        return self.exclude(purpose=Purpose.STOP)


class EmailLink(models.Model):
    """A link that was sent to ``address``. It works once, because using it deletes it."""

    user = models.ForeignKey(
        "users.User", models.CASCADE, related_name="email_links", db_index=False
    )
    purpose = models.CharField(max_length=16, choices=Purpose)
    address = models.CharField(max_length=254)
    # Whose right is judged again when the invitation is accepted. Null for other links.
    invited_by = models.ForeignKey(
        "users.User", models.CASCADE, related_name="+", null=True, blank=True
    )
    token_hash = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField(db_index=True)

    objects = EmailLinkQuerySet.as_manager()

    class Meta:
        verbose_name = _("email link")
        verbose_name_plural = _("email links")
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                name="email_link_once_per_purpose", fields=["user", "purpose", "address"]
            ),
            models.CheckConstraint(
                name="email_link_purpose_is_known", condition=Q(purpose__in=Purpose.values)
            ),
            models.CheckConstraint(
                name="email_link_expires_after_creation",
                condition=Q(expires_at__gt=F("created_at")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_purpose_display()} of {self.user_id}"
