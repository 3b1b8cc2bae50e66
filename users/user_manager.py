"""Queryset and manager of accounts, which look them up by email address."""

from typing import TYPE_CHECKING, Any

from django.db.models import Q
from django_use_email_as_username.models import BaseUserManager

from users import email_addresses
from users.querysets import QuerySet
from users.text import validate_visible_password

if TYPE_CHECKING:
    from users.models import User


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
