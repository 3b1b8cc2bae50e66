"""Invitations to an email address that another account has, for staff to resolve."""

from typing import ClassVar

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class AddressConflict(models.Model):
    """A person was invited with the address of ``holder``, and is probably the same person.

    Staff merge the two, or delete the entry. It is deleted with either of them.
    """

    user = models.ForeignKey(
        "users.User", models.CASCADE, related_name="+", db_index=False, verbose_name=_("invited")
    )
    holder = models.ForeignKey(
        "users.User", models.CASCADE, related_name="+", verbose_name=_("has the address")
    )
    invited_by = models.ForeignKey(
        "users.User", models.SET_NULL, null=True, related_name="+", verbose_name=_("invited by")
    )
    created_at = models.DateTimeField(_("created at"), default=timezone.now)

    class Meta:
        verbose_name = _("invitation to an address in use")
        verbose_name_plural = _("invitations to addresses in use")
        ordering = ("-created_at", "-pk")
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(name="address_conflict_once", fields=["user", "holder"]),
        ]

    def __str__(self) -> str:
        return f"{self.user} / {self.holder}"
