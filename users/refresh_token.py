"""Refresh tokens, of which a session consists."""

import datetime as dt
import uuid
from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from users.querysets import QuerySet


class RefreshTokenQuerySet(QuerySet["RefreshToken"]):
    def live(self) -> "RefreshTokenQuerySet":
        """Return the tokens of sessions that have not been ended. They can have expired."""
        return self.filter(revoked_at__isnull=True)

    def expired(self) -> "RefreshTokenQuerySet":
        """Return the tokens that expired, used or not."""
        return self.filter(expires_at__lte=timezone.now())

    def revoke(self, at: dt.datetime) -> None:
        """Revoke these tokens, which ends their sessions. ``at`` (UTC) is stored as the time.

        The caller must hold the lock on their user, otherwise a concurrent rotation could
        add a token to an ended session.
        """
        self.live().update(revoked_at=at)


class RefreshToken(models.Model):
    """A refresh token. A family is all tokens of one session.

    Only a hash of the token is stored. A token can be used once; using it creates the next
    token of its family.
    """

    user = models.ForeignKey(
        "users.User", models.CASCADE, related_name="refresh_tokens", verbose_name=_("user")
    )
    family = models.UUIDField(
        _("family"), default=uuid.uuid4, db_index=True, help_text=_("ID of the session.")
    )
    token_hash = models.CharField(
        _("token hash"), max_length=64, unique=True, help_text=_("SHA-256 in hexadecimal.")
    )
    session_started_at = models.DateTimeField(_("session started at"), default=timezone.now)
    created_at = models.DateTimeField(_("created at"), default=timezone.now)
    expires_at = models.DateTimeField(_("expires at"), db_index=True)
    used_at = models.DateTimeField(_("used at"), null=True, blank=True)
    revoked_at = models.DateTimeField(_("revoked at"), null=True, blank=True)

    objects = RefreshTokenQuerySet.as_manager()

    class Meta:
        verbose_name = _("refresh token")
        verbose_name_plural = _("refresh tokens")
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=Q(expires_at__gt=F("created_at")),
                name="refresh_token_expires_after_creation",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.family} since {self.created_at:%Y-%m-%d %H:%M}"
