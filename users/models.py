"""Accounts. Refresh tokens, links in emails and notifications have modules of their own."""

from functools import partial
from typing import Any, ClassVar

from django.conf import settings
from django.db import models, transaction
from django.db.models import F, Q
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.crypto import get_random_string
from django.utils.translation import gettext_lazy as _
from django_use_email_as_username.models import BaseUser

from users import account_events, email_addresses
from users.account_choices import Gender, Role
from users.account_events import AccountChange
from users.account_notification import AccountNotification
from users.address_conflict import AddressConflict
from users.changed_fields import ChangedFieldsModel
from users.email_link import EmailLink, Purpose
from users.fields import EmailAddressField, NameField
from users.folded_fields import FoldedModel, SearchKeyField
from users.refresh_token import RefreshToken, RefreshTokenQuerySet
from users.text import to_nfc
from users.user_manager import UserManager

__all__ = [
    "AccountNotification",
    "AddressConflict",
    "EmailLink",
    "Gender",
    "Purpose",
    "RefreshToken",
    "RefreshTokenQuerySet",
    "Role",
    "User",
    "UserManager",
]

CALENDAR_KEY_LENGTH = 22


class User(FoldedModel, ChangedFieldsModel, BaseUser):
    """A person whom the clinic knows: a doctor, a patient, both, or a staff member.

    Somebody with an email address and a usable password can sign in. A patient who was registered
    by the clinic or by a guardian can have neither. Saving a new password or
    ``is_active = False`` ends all sessions of the account and replaces the URL of its calendar
    feed. Deleting the account deletes its sessions.
    """

    email = EmailAddressField(  # type: ignore[misc]  # text, as the library declares it
        _("email address"), max_length=254, unique=True, null=True, blank=True, default=None
    )
    email_verified_at = models.DateTimeField(
        _("email address verified at"),
        null=True,
        blank=True,
        editable=False,
        help_text=_("When the owner used a link that was sent to the address."),
    )
    email_entered_by_staff = models.BooleanField(
        _("email address entered by staff"),
        default=False,
        editable=False,
        help_text=_("Emails are sent to the address before its owner has verified it."),
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
    # Whether there are rows of Guardian or Assistant for the user, which set them. They spare most
    # requests a query. True after the last row was deleted does no harm: no rows are found then.
    acts_for_patients = models.BooleanField(default=False, editable=False)
    acts_for_doctors = models.BooleanField(default=False, editable=False)
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
    # The address that ``set_verified_email()`` set.
    _verified_address: str | None = None

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
                condition=~Q(email=""),
                name="user_email_is_not_blank",
                violation_error_code="required",
                violation_error_message=_("Enter an email address, or none."),
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
        return self.get_full_name() or self.email or str(self.pk)

    @property
    def can_sign_in(self) -> bool:
        """Whether the account is active and has an email address and a usable password."""
        return self.is_active and bool(self.email) and self.has_usable_password()

    @property
    def has_verified_email(self) -> bool:
        """Whether the owner has used a link that was sent to the email address."""
        return self.email_verified_at is not None

    @property
    def owns_email(self) -> bool:
        """Whether the address is known to be this person's, by a used link or from staff.

        Otherwise anyone who uses a link that was sent to it can take it for another account.
        """
        return bool(self.email) and (self.has_verified_email or self.email_entered_by_staff)

    @property
    def notification_email(self) -> str | None:
        """The address to which emails without a one-time link are sent; None if there is none."""
        is_open = self.owns_email or not settings.EMAIL_VERIFICATION_REQUIRED
        return self.email or None if is_open else None

    def set_verified_email(self, address: str) -> None:
        """Set the address to one whose owner has just used a link. The caller saves ``email``."""
        self.email = self._verified_address = address
        self.email_verified_at, self.email_entered_by_staff = timezone.now(), False

    def has_role(self, role: Role) -> bool:
        return self.is_doctor if role is Role.DOCTOR else self.is_patient

    def acts_as(self, role: Role) -> bool:
        """Return whether the account has the role, or acts for somebody who has it."""
        acts_for_others = self.acts_for_doctors if role is Role.DOCTOR else self.acts_for_patients
        return acts_for_others or self.has_role(role)

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
        if _writes("email", written):
            also_written |= {"email_verified_at", "email_entered_by_staff"}
        has_new_email = self.has_changed("email") and _writes("email", written)
        if has_new_email:
            self.email_needs_review = bool(self.email) and not email_addresses.is_canonical(
                self.email
            )
            also_written.add("email_needs_review")
            if not self._state.adding and self.email != self._verified_address:
                self.email_verified_at = None
        ends_access = self._has_new_password() or not self.is_active
        if ends_access:
            self.renew_calendar_key()
            also_written.add("calendar_key")
        if written is not None:
            kwargs["update_fields"] = {*written, *also_written}
        elif not (self._state.adding or kwargs.get("force_insert")):
            kwargs["update_fields"] = self._own_fields()
        was_new, changes = self._state.adding, self._announced_changes(written)
        with transaction.atomic():
            super().save(*args, **kwargs)
            if ends_access:
                self.refresh_tokens.revoke(timezone.now())
            if not was_new and (ends_access or has_new_email):
                self.email_links.pending().delete()
            for change, address in changes:
                account_events.announce(self.pk, change, address)

    def _own_fields(self) -> set[str]:
        """Return the loaded fields without the two that other rows decide."""
        # Otherwise an account that was loaded earlier would end a right that was given since.
        decided = {"id", "acts_for_patients", "acts_for_doctors"} | self.get_deferred_fields()
        return {field.name for field in self._meta.concrete_fields} - decided

    def _announced_changes(self, written: Any) -> list[tuple[AccountChange, str]]:
        """Return the changes to email to the owner, each with the address before the change."""
        address = self._address_before_change()
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

    def _address_before_change(self) -> str | None:
        """Return the address as it is in the database, if notifications are sent to it."""
        loaded = User(
            email=self.loaded_value("email"),
            email_verified_at=self.loaded_value("email_verified_at"),
            email_entered_by_staff=bool(self.loaded_value("email_entered_by_staff")),
        )
        # The address is being verified together with the change, such as a new password.
        if not self.has_changed("email"):
            loaded.email_verified_at = self.email_verified_at
        return loaded.notification_email

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
