"""Users and their refresh tokens."""

import datetime as dt
import unicodedata
import uuid
from collections.abc import Collection
from enum import StrEnum
from functools import partial
from typing import Any, ClassVar

from django.db import models, transaction
from django.db.models import F, Q
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django_use_email_as_username.models import BaseUser, BaseUserManager

from users.changed_fields import ChangedFieldsModel
from users.folded_fields import FoldedModel, SearchKeyField
from users.querysets import QuerySet
from users.text import single_line_text


class UserQuerySet(QuerySet["User"]):
    """Accounts."""


class UserManager(BaseUserManager):
    """Manager that identifies accounts by their email address, case-insensitively."""

    def get_queryset(self) -> UserQuerySet:
        return UserQuerySet(self.model, using=self._db)

    def filter(self, *args: Any, **kwargs: Any) -> UserQuerySet:
        # Only for its return type, which the library's manager does not declare.
        return self.get_queryset().filter(*args, **kwargs)

    @classmethod
    def normalize_email(cls, email: str | None) -> str:
        """Return the form of an email address that is stored and looked up.

        Unlike Django, this also lower-cases the part before the @: otherwise one mailbox
        could have two accounts.
        """
        return unicodedata.normalize("NFKC", email or "").strip().lower()

    def get_by_natural_key(self, email: str | None) -> "User":
        user: User = self.get(email=self.normalize_email(email))
        return user


class Role(StrEnum):
    """A role of an account. An account can have both."""

    DOCTOR = "doctor"
    PATIENT = "patient"


class Gender(models.TextChoices):
    FEMALE = "female", _("Female")
    MALE = "male", _("Male")
    OTHER = "other", _("Other")
    UNDISCLOSED = "undisclosed", _("Undisclosed")


class User(FoldedModel, ChangedFieldsModel, BaseUser):
    """An account of a doctor, a patient, both, or a staff member.

    Saving a new password or ``is_active = False`` ends all sessions of the account. Deleting
    the account deletes them.
    """

    first_name = models.CharField(_("first name"), max_length=150, validators=[single_line_text])
    last_name = models.CharField(_("last name"), max_length=150, validators=[single_line_text])
    first_name_folded = SearchKeyField("first_name")
    last_name_folded = SearchKeyField("last_name")
    is_doctor = models.BooleanField(_("doctor"), default=False)
    is_patient = models.BooleanField(_("patient"), default=False)
    gender = models.CharField(
        _("gender"), max_length=16, choices=Gender, default=Gender.UNDISCLOSED
    )
    avatar = models.ImageField(_("avatar"), upload_to="avatars", blank=True, editable=False)
    avatar_small = models.ImageField(
        _("small avatar"), upload_to="avatars", blank=True, editable=False
    )

    calendar_key = models.CharField(
        _("calendar key"),
        max_length=22,
        blank=True,
        editable=False,
        help_text=_(
            "Random part of the signed calendar feed URL. Changing it makes the old URL invalid."
        ),
    )

    # AbstractUser's manager requires a username, which these accounts do not have.
    objects: ClassVar[UserManager] = UserManager()  # type: ignore[assignment]

    _password: str | None

    REQUIRED_FIELDS: ClassVar[list[str]] = ["first_name", "last_name"]

    class Meta:
        verbose_name = _("user")
        verbose_name_plural = _("users")
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=Q(email=Lower(F("email"))),
                name="user_email_is_lower_case",
                violation_error_code="invalid",
                violation_error_message=_("Enter the email address in lower case."),
            ),
            models.CheckConstraint(
                condition=~Q(first_name="") & ~Q(last_name=""),
                name="user_has_a_name",
                violation_error_code="required",
                violation_error_message=_("Enter a first name and a last name."),
            ),
            models.CheckConstraint(
                condition=Q(gender__in=Gender.values),
                name="user_gender_is_known",
                violation_error_code="invalid_choice",
                violation_error_message=_("Select a valid gender."),
            ),
        ]

    def __str__(self) -> str:
        return self.get_full_name() or self.email

    def has_role(self, role: Role) -> bool:
        return self.is_doctor if role is Role.DOCTOR else self.is_patient

    def clean_fields(self, exclude: Collection[str] | None = None) -> None:
        # Normalized before validation, so that a name of spaces only is rejected as blank.
        changed = self.changed_fields()
        if "email" in changed:
            self.email = User.objects.normalize_email(self.email)
        for name in changed & {"first_name", "last_name"}:
            setattr(self, name, (getattr(self, name) or "").strip())
        super().clean_fields(exclude=exclude)

    def save(self, *args: Any, **kwargs: Any) -> None:
        # Django's set_password() leaves the raw password here until the next save(). It is None
        # when Django only upgrades the hash of the same password, which must not end sessions.
        ends_sessions = self._password is not None or not self.is_active
        with transaction.atomic():
            super().save(*args, **kwargs)
            if ends_sessions:
                self.refresh_tokens.revoke(timezone.now())

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        files = [file for file in (self.avatar, self.avatar_small) if file]
        with transaction.atomic():
            for file in files:
                transaction.on_commit(partial(file.storage.delete, str(file.name)), robust=True)
            return super().delete(*args, **kwargs)


class RefreshTokenQuerySet(QuerySet["RefreshToken"]):
    def live(self) -> "RefreshTokenQuerySet":
        """Return the tokens of sessions that have not been ended. They can have expired."""
        return self.filter(revoked_at__isnull=True)

    def expired(self) -> "RefreshTokenQuerySet":
        """Return the tokens that expired, used or not."""
        return self.filter(expires_at__lte=timezone.now())

    def revoke(self, at: dt.datetime) -> None:
        """Revoke these tokens, which ends their sessions, at a moment in UTC.

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
        User, models.CASCADE, related_name="refresh_tokens", verbose_name=_("user")
    )
    family = models.UUIDField(
        _("family"), default=uuid.uuid4, db_index=True, help_text=_("ID of the session.")
    )
    token_hash = models.CharField(
        _("token hash"), max_length=64, unique=True, help_text=_("SHA-256 in hexadecimal.")
    )
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
