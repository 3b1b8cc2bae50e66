"""Who has an account, and the sign-ins that keep it open."""

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
from django_use_email_as_username.models import BaseUser, BaseUserManager

from users.querysets import QuerySet
from users.text import single_line_text


class UserQuerySet(QuerySet["User"]):
    """Accounts."""


class UserManager(BaseUserManager):
    """Accounts by their e-mail address, whatever its capitals."""

    def get_queryset(self) -> UserQuerySet:
        return UserQuerySet(self.model, using=self._db)

    def filter(self, *args: Any, **kwargs: Any) -> UserQuerySet:
        # Only for its return type, which the library's manager does not declare.
        return self.get_queryset().filter(*args, **kwargs)

    @classmethod
    def normalize_email(cls, email: str | None) -> str:
        """The one spelling under which an address is stored and looked up."""
        return unicodedata.normalize("NFKC", email or "").strip().lower()

    def get_by_natural_key(self, email: str | None) -> "User":
        user: User = self.get(email=self.normalize_email(email))
        return user


class Role(StrEnum):
    """In which capacity somebody uses the clinic; one account may hold both."""

    DOCTOR = "doctor"
    PATIENT = "patient"


class Gender(models.TextChoices):
    FEMALE = "female"
    MALE = "male"
    OTHER = "other"
    UNDISCLOSED = "undisclosed"


class User(BaseUser):
    """A person who signs in, as a doctor, a patient, both, or staff.

    A new password or ``is_active = False`` ends, on ``save()``, every sign-in the
    account has; deleting the account does so by deleting them.
    """

    first_name = models.CharField("first name", max_length=150, validators=[single_line_text])
    last_name = models.CharField("last name", max_length=150, validators=[single_line_text])
    is_doctor = models.BooleanField("doctor", default=False)
    is_patient = models.BooleanField("patient", default=False)
    gender = models.CharField(max_length=16, choices=Gender, default=Gender.UNDISCLOSED)
    avatar = models.ImageField(upload_to="avatars", blank=True, editable=False)
    avatar_small = models.ImageField(upload_to="avatars", blank=True, editable=False)

    calendar_key = models.CharField(
        max_length=22,
        blank=True,
        editable=False,
        help_text="Part of the signed address of the calendar; another ends the address.",
    )

    # AbstractUser's own manager needs a username, which these accounts do not have.
    objects: ClassVar[UserManager] = UserManager()  # type: ignore[assignment]

    _password: str | None

    REQUIRED_FIELDS: ClassVar[list[str]] = ["first_name", "last_name"]

    class Meta:
        verbose_name = "user"
        verbose_name_plural = "users"
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=Q(email=Lower(F("email"))),
                name="user_email_is_lower_case",
                violation_error_code="invalid",
                violation_error_message="Write the e-mail address in lower case.",
            ),
            models.CheckConstraint(
                condition=~Q(first_name="") & ~Q(last_name=""),
                name="user_has_a_name",
                violation_error_code="required",
                violation_error_message="Give a first and a last name.",
            ),
            models.CheckConstraint(
                condition=Q(gender__in=Gender.values),
                name="user_gender_is_known",
                violation_error_code="invalid_choice",
                violation_error_message="This gender is not one of the choices.",
            ),
        ]

    def __str__(self) -> str:
        return self.get_full_name() or self.email

    def has_role(self, role: Role) -> bool:
        return self.is_doctor if role is Role.DOCTOR else self.is_patient

    def clean_fields(self, exclude: Collection[str] | None = None) -> None:
        # Before the fields are judged, so that a name of blanks counts as none.
        self.email = User.objects.normalize_email(self.email)
        self.first_name = (self.first_name or "").strip()
        self.last_name = (self.last_name or "").strip()
        super().clean_fields(exclude=exclude)

    def save(self, *args: Any, **kwargs: Any) -> None:
        # Django keeps the raw password here until it is saved, and not when it only
        # hashes the same password anew.
        ends_sign_ins = self._password is not None or not self.is_active
        with transaction.atomic():
            super().save(*args, **kwargs)
            if ends_sign_ins:
                self.refresh_tokens.revoke(timezone.now())

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        files = [file for file in (self.avatar, self.avatar_small) if file]
        with transaction.atomic():
            for file in files:
                transaction.on_commit(partial(file.storage.delete, str(file.name)), robust=True)
            return super().delete(*args, **kwargs)


class RefreshTokenQuerySet(QuerySet["RefreshToken"]):
    def live(self) -> "RefreshTokenQuerySet":
        """Those whose sign-in nobody has ended."""
        return self.filter(revoked_at__isnull=True)

    def expired(self) -> "RefreshTokenQuerySet":
        return self.filter(expires_at__lte=timezone.now())

    def revoke(self, at: dt.datetime) -> None:
        """End these for good.

        The caller holds the lock on their user, as everyone does who adds one.
        """
        self.live().update(revoked_at=at)


class RefreshToken(models.Model):
    """One link in the chain of refresh tokens that keeps one sign-in open.

    Only a hash of the token is kept. Each is good for one use, which makes the
    next one of its family.
    """

    user = models.ForeignKey(User, models.CASCADE, related_name="refresh_tokens")
    family = models.UUIDField(default=uuid.uuid4, db_index=True, help_text="The sign-in.")
    token_hash = models.CharField(max_length=64, unique=True, help_text="SHA-256, in hex.")
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField(db_index=True)
    used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    objects = RefreshTokenQuerySet.as_manager()

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=Q(expires_at__gt=F("created_at")),
                name="refresh_token_expires_after_creation",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.family} since {self.created_at:%Y-%m-%d %H:%M}"
