"""Account services: register, update, sign in, change a password.

Invalid values raise ``ValidationError`` with a dictionary by field name. Functions that
write raise ``TransactionConflict`` if the database rejects every attempt.
"""

from copy import copy
from typing import NotRequired, TypedDict, Unpack

from django.conf import settings
from django.contrib.auth import authenticate
from django.contrib.auth.hashers import is_password_usable
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError
from django.http import HttpRequest
from django.utils.translation import gettext as _

from users import account_events, email_verification
from users.authentication import login_protection, refresh_tokens, second_factor
from users.authentication.access_tokens import TokenError
from users.authentication.refresh_tokens import Session
from users.common import metrics, rate_limits
from users.common.rate_limits import Throttle
from users.common.transactions import atomic_with_retry, locked
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
    errors = user.field_errors({"password"}) | _password_errors("password", password, user)
    if not user.email:
        errors["email"] = [_required()]
    if errors:
        raise ValidationError(errors)
    user.set_password(password)
    try:
        atomic_with_retry(user.save)()
    except IntegrityError:
        # A concurrent registration took the email address after full_clean().
        metrics.count_race("email_address")
        user.validate_unique()
        # Otherwise re-raise: an unexpected integrity error.
        raise
    if settings.EMAIL_VERIFICATION_REQUIRED:
        email_verification.verify_new_account(user)
    return user


def new_patient_without_account(first_name: str, last_name: str, gender: Gender) -> User:
    """Return a person, not saved, with the patient role and without a way to sign in."""
    user = User(first_name=first_name, last_name=last_name, gender=gender, is_patient=True)
    user.set_unusable_password()
    return user


def update(user: User, **changes: Unpack[AccountChanges]) -> User:
    """Change the fields that the owner of an account can change. Raises ``ValidationError``."""
    for name, value in changes.items():
        setattr(user, name, value)
    if errors := user.field_errors({"password"}):
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


def replace_password(user: User, new_password: str, *, verifies_email: bool = False) -> bool:
    """Validate and save a new password, which ends all sessions and replaces the calendar URL.

    ``verifies_email``: by a link that was sent to the address of ``user``. If it was not known to
    be theirs, the second factor is removed, too: somebody else can have registered with it.
    Returns False if the password or, with ``verifies_email``, the address changed since ``user``
    was loaded; nothing is saved then. Raises ``ValidationError`` on ``new_password``.
    """
    require_valid_password(user, new_password)
    old_hash = user.password
    # Hashing is slow on purpose: done under the lock, it would block other requests.
    user.set_password(new_password)
    return _save_password(user, old_hash, verifies_email=verifies_email)


def require_valid_password(user: User, new_password: str) -> None:
    """Raise ``ValidationError`` on ``new_password`` unless ``user`` can have it."""
    if errors := _password_errors("new_password", new_password, user):
        raise ValidationError(errors)


@atomic_with_retry
def _save_password(user: User, old_hash: str, *, verifies_email: bool) -> bool:
    stored = locked(User.objects.filter(pk=user.pk, password=old_hash)).get_or_none()
    if stored is None or (verifies_email and stored.email != user.email):
        return False
    # save() resets the mark "password changed". Without the copy, a retry of this transaction
    # would not see the mark and would leave the sessions open.
    saved = copy(user)
    if verifies_email and stored.email:
        if not stored.owns_email:
            second_factor.delete_devices(user)
        saved.set_verified_email(stored.email)
    saved.save(update_fields=["password", *(["email"] if verifies_email else [])])
    if not is_password_usable(old_hash):
        account_events.announce_first_password(user.pk)
    # Otherwise the response would contain the calendar URL that has just become invalid.
    user.calendar_key = saved.calendar_key
    user.email_verified_at = saved.email_verified_at
    return True


def _password_errors(field: str, password: str, user: User) -> dict[str, list[ValidationError]]:
    if not password:
        return {field: [_required()]}
    try:
        validate_password(password, user)
    except ValidationError as error:
        return {field: error.error_list}
    return {}


def _required() -> ValidationError:
    return ValidationError(_("This field is required."), code=FieldErrorCode.REQUIRED)


def _wrong_password() -> ValidationError:
    message = _("The current password is incorrect.")
    return ValidationError({"old_password": ValidationError(message, code=FieldErrorCode.INVALID)})
