"""Account services: register, update, sign in, change a password.

Invalid values raise ``ValidationError`` with a dictionary by field name. Functions that
write raise ``TransactionConflict`` if the database rejects every attempt.
"""

from copy import copy
from typing import NotRequired, TypedDict, Unpack

from django.contrib.auth import authenticate
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError
from django.http import HttpRequest
from django.utils.translation import gettext as _

from users.authentication import login_protection, refresh_tokens, second_factor
from users.authentication.access_tokens import TokenError
from users.authentication.refresh_tokens import Session
from users.common import rate_limits
from users.common.rate_limits import Throttle
from users.common.transactions import atomic_with_retry
from users.errors import FieldErrorCode
from users.models import Gender, Role, User


class InvalidCredentials(Exception):
    """No active account has this email address and this password."""

    def __init__(self) -> None:
        super().__init__(_("The email address or the password is incorrect."))


class NewAccount(TypedDict):
    """Fields of an account to register; ``gender`` is ``UNDISCLOSED`` by default."""

    email: str
    first_name: str
    last_name: str
    gender: NotRequired[Gender]


class AccountChanges(TypedDict, total=False):
    """Fields of an account to change. A missing key leaves the field unchanged."""

    first_name: str
    last_name: str
    gender: Gender


def register(*, password: str, role: Role, **account: Unpack[NewAccount]) -> User:
    """Create an account with one role. Only staff can add the other role or staff status.

    Raises ``ValidationError``, also on ``password``.
    """
    is_doctor, is_patient = role is Role.DOCTOR, role is Role.PATIENT
    user = User(**account, is_doctor=is_doctor, is_patient=is_patient)
    errors = _account_errors(user) | _password_errors("password", password, user)
    if errors:
        raise ValidationError(errors)
    user.set_password(password)
    try:
        atomic_with_retry(user.save)()
    except IntegrityError:
        # A concurrent registration took the email address after full_clean().
        user.validate_unique()
        # Otherwise re-raise: an unexpected integrity error.
        raise
    return user


def update(user: User, **changes: Unpack[AccountChanges]) -> User:
    """Change the fields that the owner of an account can change. Raises ``ValidationError``."""
    for name, value in changes.items():
        setattr(user, name, value)
    if errors := _account_errors(user):
        raise ValidationError(errors)
    atomic_with_retry(user.save)(update_fields=list(changes))
    return user


def sign_in(
    email: str, password: str, request: HttpRequest | None = None, *, code: str | None = None
) -> Session:
    """Check email, password and second factor, and open a session.

    ``code``: of the second factor, for accounts with one. Raises ``CodeRequired`` and
    ``InvalidCode`` (of ``second_factor``) after a right password, ``InvalidCredentials``
    otherwise. An unknown email, a wrong password and a disabled account take the same time
    (``EmailBackend``). Raises ``RateLimitExceeded`` before the password is checked. All attempts
    without a ``request`` count as one client.
    """
    request = request or HttpRequest()
    login_protection.count_attempt(request, email)
    user = authenticate(request, email=email, password=password)
    if not isinstance(user, User):
        raise InvalidCredentials
    second_factor.require_code(user, code)
    # After the code was checked: otherwise anyone who knows the password could guess codes without
    # limit.
    login_protection.forget_failures(request, email)
    try:
        return refresh_tokens.start(user)
    except TokenError as error:
        raise InvalidCredentials from error


def change_password(user: User, *, old_password: str, new_password: str) -> User:
    """Replace the password, which ends all sessions and replaces the calendar URL.

    Raises ``ValidationError`` on ``old_password`` or ``new_password``.
    """
    if not user.check_password(old_password):
        raise _wrong_password()
    if not replace_password(user, new_password):
        raise _wrong_password()
    return user


def require_password(user: User, password: str) -> None:
    """Check the password of a signed-in user before a change of the sign-in itself.

    Raises ``ValidationError`` on ``password``, and RateLimitExceeded after too many attempts.
    """
    rate_limits.consume(Throttle.PASSWORD_CHANGES_PER_USER, str(user.pk))
    if not user.check_password(password):
        message = _("The password is incorrect.")
        raise ValidationError({"password": ValidationError(message, code=FieldErrorCode.INVALID)})


def replace_password(user: User, new_password: str) -> bool:
    """Validate and save a new password, which ends all sessions and replaces the calendar URL.

    Returns False if the password changed since ``user`` was loaded; nothing is saved then.
    Raises ``ValidationError`` on ``new_password``.
    """
    if errors := _password_errors("new_password", new_password, user):
        raise ValidationError(errors)
    old_hash = user.password
    # Hashing is slow on purpose: done under the lock, it would block other requests.
    user.set_password(new_password)
    return _save_password(user, old_hash)


@atomic_with_retry
def _save_password(user: User, old_hash: str) -> bool:
    if not User.objects.select_for_update().filter(pk=user.pk, password=old_hash).exists():
        return False
    # save() resets the mark "password changed". Without the copy, a retry of this transaction
    # would not see the mark and would leave the sessions open.
    saved = copy(user)
    saved.save(update_fields=["password"])
    # Otherwise the response would contain the calendar URL that has just become invalid.
    user.calendar_key = saved.calendar_key
    return True


def _account_errors(user: User) -> dict[str, list[ValidationError]]:
    try:
        user.full_clean(exclude=["password"])
    except ValidationError as error:
        return dict(error.error_dict)
    return {}


def _password_errors(field: str, password: str, user: User) -> dict[str, list[ValidationError]]:
    if not password:
        message = _("This field is required.")
        return {field: [ValidationError(message, code=FieldErrorCode.REQUIRED)]}
    try:
        validate_password(password, user)
    except ValidationError as error:
        return {field: error.error_list}
    return {}


def _wrong_password() -> ValidationError:
    message = _("The current password is incorrect.")
    return ValidationError({"old_password": ValidationError(message, code=FieldErrorCode.INVALID)})
