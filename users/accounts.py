"""What people do with their accounts, whichever way they reach us.

Refusals are ``ValidationError`` by field, with Django's codes. Whatever writes raises
``Busy`` if the database asked for another try and got none.
"""

from copy import copy
from typing import NotRequired, TypedDict, Unpack

from django.contrib.auth import authenticate
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError
from django.http import HttpRequest

from users.authentication import login_protection, refresh_tokens
from users.authentication.access_tokens import TokenError
from users.authentication.refresh_tokens import Session
from users.common.transactions import atomic_with_retry
from users.errors import FieldErrorCode
from users.models import Gender, Role, User


class InvalidCredentials(Exception):
    """No active account has this e-mail address and this password."""

    def __init__(self) -> None:
        super().__init__("The e-mail address or the password is wrong.")


class NewAccount(TypedDict):
    """``gender`` is ``UNDISCLOSED`` when left out."""

    email: str
    first_name: str
    last_name: str
    gender: NotRequired[Gender]


class AccountChanges(TypedDict, total=False):
    """What is left out stays as it is."""

    first_name: str
    last_name: str
    gender: Gender


def register(*, password: str, role: Role, **account: Unpack[NewAccount]) -> User:
    """Open an account in one role. Only staff can grant another, or make staff."""
    is_doctor, is_patient = role is Role.DOCTOR, role is Role.PATIENT
    user = User(**account, is_doctor=is_doctor, is_patient=is_patient)
    errors = _problems(user) | _password_problems("password", password, user)
    if errors:
        raise ValidationError(errors)
    user.set_password(password)
    try:
        atomic_with_retry(user.save)()
    except IntegrityError:
        # Another took the address since; if that was not it, the fault is ours.
        user.validate_unique()
        raise
    return user


def update(user: User, **changes: Unpack[AccountChanges]) -> User:
    """Change what the owner of an account may change."""
    for name, value in changes.items():
        setattr(user, name, value)
    if errors := _problems(user):
        raise ValidationError(errors)
    atomic_with_retry(user.save)(update_fields=list(changes))
    return user


def sign_in(email: str, password: str, request: HttpRequest | None = None) -> Session:
    """Open a sign-in. Raises ``InvalidCredentials``, after the same time whatever is wrong.

    Raises ``TooManyTries`` without a look at the password. Tries without a
    ``request`` count as from one address.
    """
    request = request or HttpRequest()
    login_protection.require_login_allowed(request, email)
    # Django hashes the password for an unknown or a disabled account as well.
    user = authenticate(request, email=email, password=password)
    login_protection.record_login_result(request, email, succeeded=user is not None)
    if not isinstance(user, User):
        raise InvalidCredentials
    try:
        return refresh_tokens.start(user)
    except TokenError as error:
        raise InvalidCredentials from error


def change_password(user: User, *, old_password: str, new_password: str) -> User:
    """Set a new password, which ends every sign-in of the account."""
    if not user.check_password(old_password):
        raise _wrong_password()
    if not replace_password(user, new_password):
        raise _wrong_password()
    return user


def replace_password(user: User, new_password: str) -> bool:
    """Set a password that Django's validators accept, which ends every sign-in.

    Says whether it did: not if the one that ``user`` knew was replaced meanwhile.
    """
    if errors := _password_problems("new_password", new_password, user):
        raise ValidationError(errors)
    known = user.password
    # Hashing takes a while on purpose, so it is done before a row is locked.
    user.set_password(new_password)
    return _save_password(user, known)


@atomic_with_retry
def _save_password(user: User, known: str) -> bool:
    if not User.objects.select_for_update().filter(pk=user.pk, password=known).exists():
        return False
    # A copy, for one that was saved no longer knows that its password is new, and
    # another try would leave the sign-ins open.
    copy(user).save(update_fields=["password"])
    return True


def _problems(user: User) -> dict[str, list[ValidationError]]:
    try:
        user.full_clean(exclude=["password"])
    except ValidationError as error:
        return dict(error.error_dict)
    return {}


def _password_problems(field: str, password: str, user: User) -> dict[str, list[ValidationError]]:
    if not password:
        message = "This field is required."
        return {field: [ValidationError(message, code=FieldErrorCode.REQUIRED)]}
    try:
        validate_password(password, user)
    except ValidationError as error:
        return {field: error.error_list}
    return {}


def _wrong_password() -> ValidationError:
    message = "This is not your password."
    return ValidationError({"old_password": ValidationError(message, code=FieldErrorCode.INVALID)})
