"""An authenticator app for tests: computes the one-time codes of an account (RFC 6238)."""

from base64 import b32decode

from django_otp.oath import totp
from django_otp.plugins.otp_totp.models import TOTPDevice

from users.authentication import second_factor
from users.models import User


def code_of(secret: str, *, steps: int = 0) -> str:
    """Return the code that an app with this base32 secret shows, ``steps`` of 30 s later."""
    code: int = totp(b32decode(secret), drift=steps)  # type: ignore[no-untyped-call]  # django-otp has no types
    return f"{code:06d}"


def enrol(user: User) -> tuple[str, list[str]]:
    """Set up a second factor for ``user``; return the secret of the app and the recovery codes.

    The present code is used up: the next one is ``code_of(secret, steps=1)``.
    """
    secret = second_factor.begin_enrolment(user).secret
    return secret, second_factor.confirm_enrolment(user, code_of(secret))


def devices_of(user: User) -> int:
    return TOTPDevice.objects.filter(user=user).count()
