"""The second factor: one-time codes of an authenticator app (TOTP, RFC 6238), or recovery codes.

django-otp stores the devices and computes the codes. A code can be used once: the device's row is
locked while it is compared, also against the same code sent twice at the same time.
"""

import hashlib
import secrets
from base64 import b32encode
from typing import NamedTuple

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django_otp import match_token
from django_otp.plugins.otp_static.models import StaticDevice, StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice

from users import account_events
from users.account_events import AccountChange
from users.common import rate_limits
from users.common.rate_limits import Throttle
from users.common.transactions import atomic_with_retry, locked
from users.errors import FieldErrorCode
from users.models import User

APP = "app"
RECOVERY_CODES = 10
RECOVERY_BYTES = 10  # of randomness in each recovery code
STORED_LENGTH = 16  # characters of django-otp's column


class CodeRequired(Exception):
    """The password is right, and the account has a second factor, or must set one up first."""


class InvalidCode(Exception):
    """The code is wrong, or was used before."""

    def __init__(self) -> None:
        super().__init__(_("The code is wrong or was used before. Enter the next one."))


class Enrolment(NamedTuple):
    """What an authenticator app needs: ``secret`` in base32, and the URI of the QR code.

    ``pk``: of the device, to find the enrolment again until it is confirmed.
    """

    pk: int
    secret: str
    uri: str


def is_enabled(user: User) -> bool:
    """Return whether the account has a second factor."""
    return TOTPDevice.objects.filter(user=user, confirmed=True).exists()


def is_required(user: User) -> bool:
    """Return whether the account must have a second factor."""
    return user.is_staff and settings.STAFF_OTP_REQUIRED


def is_needed(user: User) -> bool:
    """Return whether signing in takes more than the password."""
    return is_required(user) or is_enabled(user)


def require_code(user: User, code: str | None) -> None:
    """Check the second factor of a sign-in whose password was right.

    Raises ``CodeRequired`` without a code, and for an account that must set a second factor up
    first; ``InvalidCode``; RateLimitExceeded after too many codes.
    """
    if not is_enabled(user):
        if is_required(user):
            raise CodeRequired(
                _("Staff sign in with a second factor. Set it up in the admin first.")
            )
        return
    if not code:
        raise CodeRequired(_("Enter the code of your authenticator app, or a recovery code."))
    verify(user, code)


def verify(user: User, code: str) -> None:
    """Use up a code of the app or a recovery code. Raises InvalidCode, and RateLimitExceeded."""
    # For each account, because guesses from many clients would pass the limit for each client.
    rate_limits.consume(Throttle.CODES_PER_USER, str(user.pk))
    typed = "".join(code.split()).replace("-", "").lower()
    token = typed if typed.isdecimal() and typed.isascii() else _stored(typed)
    if atomic_with_retry(match_token)(user, token) is None:
        raise InvalidCode


@atomic_with_retry
def begin_enrolment(user: User) -> Enrolment:
    """Return a new secret, which counts once ``confirm_enrolment()`` has proved the app.

    Raises ``invalid`` if the account has a second factor already: it must be disabled first.
    """
    _lock(user)
    if is_enabled(user):
        raise _invalid(None, _("Your account has a second factor. Disable it first."))
    TOTPDevice.objects.filter(user=user).delete()
    return _enrolment(TOTPDevice.objects.create(user=user, name=APP, confirmed=False))


def continue_enrolment(user: User, pk: int | None) -> Enrolment:
    """Return the enrolment ``pk`` while it is not confirmed, otherwise a new one.

    A secret is only shown to the session that began the enrolment. Otherwise anyone who knew the
    password could read the secret that the owner confirms later, even with a new password.
    """
    device = TOTPDevice.objects.filter(user=user, confirmed=False, pk=pk).first()
    return _enrolment(device) if device else begin_enrolment(user)


@atomic_with_retry
def confirm_enrolment(user: User, code: str) -> list[str]:
    """Enable the second factor with a code of the app; return the recovery codes.

    They are shown once: only their hashes are stored. Raises ``invalid`` on ``code``.
    """
    _lock(user)
    rate_limits.consume(Throttle.CODES_PER_USER, str(user.pk))
    device = TOTPDevice.objects.filter(user=user, confirmed=False).first()
    if device is None or not device.verify_token("".join(code.split())):
        raise _invalid("code", _("The code is wrong. Enter the code that the app shows now."))
    device.confirmed = True
    device.save()
    codes = [secrets.token_bytes(RECOVERY_BYTES) for _ in range(RECOVERY_CODES)]
    texts = [b32encode(code).decode().lower() for code in codes]
    StaticDevice.objects.filter(user=user).delete()
    recovery = StaticDevice.objects.create(user=user, name="recovery")
    StaticToken.objects.bulk_create(
        StaticToken(device=recovery, token=_stored(text)) for text in texts
    )
    account_events.announce(user.pk, AccountChange.SECOND_FACTOR, user.notification_email)
    return ["-".join(text[start : start + 4] for start in range(0, 16, 4)) for text in texts]


def disable(user: User, code: str) -> None:
    """Remove the second factor, given one of its codes. Raises ``invalid`` on ``code``."""
    if is_required(user):
        raise _invalid(None, _("Staff sign in with a second factor. It cannot be disabled."))
    try:
        verify(user, code)
    except InvalidCode as error:
        raise _invalid("code", str(error)) from error
    reset(user)


@atomic_with_retry
def reset(user: User) -> bool:
    """Remove the second factor without a code; return whether there was one."""
    _lock(user)
    had_one = is_enabled(user)
    delete_devices(user)
    if had_one:
        account_events.announce(user.pk, AccountChange.SECOND_FACTOR, user.notification_email)
    return had_one


def delete_devices(user: User) -> None:
    """Delete the app and the recovery codes, without notifying the owner."""
    TOTPDevice.objects.filter(user=user).delete()
    StaticDevice.objects.filter(user=user).delete()


def _lock(user: User) -> None:
    locked(User.objects.filter(pk=user.pk)).get()


def _enrolment(device: TOTPDevice) -> Enrolment:
    return Enrolment(device.pk, b32encode(device.bin_key).decode(), device.config_url)


def _stored(recovery_code: str) -> str:
    """Return what is stored of a recovery code: the beginning of its SHA-256, in hex."""
    return hashlib.sha256(recovery_code.encode(errors="replace")).hexdigest()[:STORED_LENGTH]


def _invalid(field: str | None, message: str) -> ValidationError:
    error = ValidationError(message, code=FieldErrorCode.INVALID)
    return ValidationError({field or "__all__": error})
