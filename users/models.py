"""Accounts. Refresh tokens and account notifications have modules of their own."""

from enum import StrEnum
from functools import partial
from typing import Any, ClassVar

from django.db import models, transaction
from django.db.models import F, Q
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.crypto import get_random_string
from django.utils.translation import gettext_lazy as _
from django_use_email_as_username.models import BaseUser, BaseUserManager

from users import account_events, email_addresses
from users.account_events import AccountChange
from users.account_notification import AccountNotification
from users.changed_fields import ChangedFieldsModel
from users.fields import EmailAddressField, NameField
from users.folded_fields import FoldedModel, SearchKeyField
from users.querysets import QuerySet
from users.refresh_token import RefreshToken, RefreshTokenQuerySet
from users.text import to_nfc, validate_visible_password

__all__ = ["AccountNotification", "Gender", "RefreshToken", "RefreshTokenQuerySet", "Role", "User"]

CALENDAR_KEY_LENGTH = 22


class UserQuerySet(QuerySet["User"]):
    """Accounts."""

    def matching_email(self, typed: str | None) -> list["User"]:
        """Return the accounts that a typed email address stands for: none, one or two.

        First the one with the canonical form. Then one whose address needs review and was
        stored in the typed spelling by an earlier release. A blank address matches nobody.
        """
        canonical, legacy = email_addresses.spellings(typed)
        condition = Q()
        if canonical is not None:
            condition |= Q(email=canonical)
        if legacy is not None:
            condition |= Q(email=legacy, email_needs_review=True)
        # Without this, a blank address would match everybody. It costs one statement like any
        # other address, so that each unknown address is answered in the same time.
        condition = condition or Q(email="") & ~Q(email="")
        found = self.filter(condition)
        return sorted(found, key=lambda user: user.email != canonical)


class UserManager(BaseUserManager):
    """Manager that identifies accounts by the canonical form of their email address."""

    def get_queryset(self) -> UserQuerySet:
        return UserQuerySet(self.model, using=self._db)

    def filter(self, *args: Any, **kwargs: Any) -> UserQuerySet:
        # Only for its return type, which the library's manager does not declare.
        return self.get_queryset().filter(*args, **kwargs)

    @classmethod
    def normalize_email(cls, email: str | None) -> str | None:  # type: ignore[override]  # None stays None: no address
        """Return the form of an email address that is stored, looked up and mailed.

        Raises ValidationError (``invalid``) if it has none; see ``users/email_addresses.py``.
        """
        return email_addresses.normalize(email)

    def _create_user(self, email: str, password: str | None, **fields: Any) -> "User":
        # `createsuperuser --no-input` runs no password validator.
        if password is not None:
            validate_visible_password(password)
        user: User = super()._create_user(email, password, **fields)  # type: ignore[no-untyped-call]  # the library has no types
        return user

    def get_by_natural_key(self, email: str | None) -> "User":
        found = self.get_queryset().matching_email(email)
        if not found:
            raise self.model.DoesNotExist
        return found[0]


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

    Saving a new password or ``is_active = False`` ends all sessions of the account and replaces
    the URL of its calendar feed. Deleting the account deletes its sessions.
    """

    email = EmailAddressField(_("email address"), max_length=254, unique=True)
    email_verified_at = models.DateTimeField(
        _("email address verified at"),
        null=True,
        blank=True,
        editable=False,
        help_text=_("When the owner used a link that was sent to the address."),
    )
    email_needs_review = models.BooleanField(
        _("email address needs review"),
        default=False,
        editable=False,
        help_text=_(
            "The address was stored by an earlier release and has no canonical form, or the same "
            "one as another account. No email is sent to it."
        ),
    )
    first_name = NameField(_("first name"), max_length=150)
    last_name = NameField(_("last name"), max_length=150)
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
        max_length=CALENDAR_KEY_LENGTH,
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
        permissions = (
            ("change_roles", "Can change the roles of users"),
            ("change_email", "Can change the email addresses of users"),
            ("grant_permissions", "Can make users staff and grant permissions"),
        )
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

    @property
    def has_verified_email(self) -> bool:
        """Whether the owner has used a link that was sent to the email address."""
        return self.email_verified_at is not None

    def has_role(self, role: Role) -> bool:
        return self.is_doctor if role is Role.DOCTOR else self.is_patient

    def clean(self) -> None:
        """Leave the email address as it is: ``clean_fields()`` converts it if it changed.

        Django's method also converts and rejects an address of an earlier release.
        """

    def set_password(self, raw_password: str | None) -> None:
        """Set the password in NFC, so that it matches however its accents are typed later."""
        super().set_password(None if raw_password is None else to_nfc(raw_password))

    def check_password(self, raw_password: str | None) -> bool:
        """Return whether the password is right, in NFC or as typed.

        Passwords that were set by an earlier release are hashed as they were typed.
        """
        if raw_password is None:
            return False
        normalized = to_nfc(raw_password)
        if super().check_password(normalized):
            return True
        return normalized != raw_password and super().check_password(raw_password)

    def renew_calendar_key(self) -> None:
        """Set another random calendar key, which makes the old feed URL invalid once saved."""
        self.calendar_key = get_random_string(CALENDAR_KEY_LENGTH)

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save the account. A new password and deactivation end all access to it."""
        written = kwargs.get("update_fields")
        also_written = set()
        if self.has_changed("email") and (written is None or "email" in written):
            self.email_needs_review = bool(self.email) and not email_addresses.is_canonical(
                self.email
            )
            also_written.add("email_needs_review")
            if not self._state.adding:
                self.email_verified_at = None
                also_written.add("email_verified_at")
        ends_access = self._has_new_password() or not self.is_active
        if ends_access:
            self.renew_calendar_key()
            also_written.add("calendar_key")
        if written is not None:
            kwargs["update_fields"] = {*written, *also_written}
        changes = self._announced_changes(written)
        with transaction.atomic():
            super().save(*args, **kwargs)
            if ends_access:
                self.refresh_tokens.revoke(timezone.now())
            for change, address in changes:
                account_events.announce(self.pk, change, address)

    def _announced_changes(self, written: Any) -> list[tuple[AccountChange, str]]:
        """Return the changes to email to the owner, each with the address before the change."""
        address = self.loaded_value("email")
        if self._state.adding or not (address and email_addresses.is_canonical(address)):
            return []
        changes = []
        # Without its name in ``written``, a later save() would announce the same password again.
        if self.is_active and self._password is not None and _writes("password", written):
            changes.append(AccountChange.PASSWORD)
        # Also of a disabled account: staff could disable it, change the address and enable it.
        if self.has_changed("email") and _writes("email", written):
            changes.append(AccountChange.EMAIL)
        return [(change, address) for change in changes]

    def _has_new_password(self) -> bool:
        """Return whether the password was set or made unusable since the last ``save()``."""
        # Django's set_password() leaves the raw password here until the next save(). It is None
        # when Django only upgrades the hash of the same password, which must not end sessions,
        # and when the password was made unusable.
        if self._password is not None:
            return True
        return not self.has_usable_password() and self.has_changed("password")

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        files = [file for file in (self.avatar, self.avatar_small) if file]
        with transaction.atomic():
            for file in files:
                transaction.on_commit(partial(file.storage.delete, str(file.name)), robust=True)
            return super().delete(*args, **kwargs)


def _writes(field: str, update_fields: Any) -> bool:
    """Return whether ``save(update_fields=…)`` writes the field."""
    return update_fields is None or field in update_fields
