"""Access tokens: short-lived JSON Web Tokens (RFC 7519) that say who is asking.

Everything of django-graphql-jwt is used here and nowhere else.
"""

import datetime as dt
import uuid
from typing import Any

import jwt
from django.db import connection
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from graphql_jwt.exceptions import JSONWebTokenError, JSONWebTokenExpired
from graphql_jwt.settings import jwt_settings
from graphql_jwt.shortcuts import get_token
from graphql_jwt.utils import get_payload

from users.errors import TokenErrorCode
from users.models import RefreshToken, User
from users.querysets import first_or_none

Payload = dict[str, Any]

ACCESS = "access"
REQUIRED_CLAIMS = ("sub", "iat", "exp", "jti", "typ", "sid", "ver")

# Every request asks it. Django would take longer to write it than a database to answer.
OWNER = """
SELECT account.* FROM users_user account
WHERE account.id = %s AND account.is_active AND EXISTS (
    SELECT 1 FROM users_refreshtoken sign_in
    WHERE sign_in.user_id = account.id
    AND sign_in.family = %s AND sign_in.revoked_at IS NULL
)
"""
FAMILY = RefreshToken._meta.get_field("family")  # noqa: SLF001 - Django's public name

MESSAGES = {
    TokenErrorCode.EXPIRED: "This token has expired.",
    TokenErrorCode.INVALID: "This token is not valid.",
}


class TokenError(Exception):
    """A token that is no good; ``code`` says whether it has merely expired."""

    def __init__(self, code: TokenErrorCode = TokenErrorCode.INVALID) -> None:
        super().__init__(MESSAGES[code])
        self.code = code


def payload_of(user: User, _context: object = None) -> Payload:
    """The claims of a new access token, without personal data (``JWT_PAYLOAD_HANDLER``).

    ``sub`` is the account's id, which outlives its e-mail address.
    """
    now = timezone.now()
    return {
        "sub": str(user.pk),
        "iat": int(now.timestamp()),
        "exp": int((now + jwt_settings.JWT_EXPIRATION_DELTA).timestamp()),
        "jti": uuid.uuid4().hex,
        "typ": ACCESS,
        "ver": password_version(user),
    }


def password_version(user: User) -> str:
    """Changes with the password and tells nothing about it."""
    # Django signs people out of the admin when this hash changes; so do we here.
    return user.get_session_auth_hash()[:16]


def decode_strictly(token: str, _context: object = None) -> Payload:
    """The claims of a token we signed (``JWT_DECODE_HANDLER``); raises PyJWT's errors.

    The stock handler lets a token without ``exp`` live for ever.
    """
    payload: Payload = jwt.decode(
        token,
        jwt_settings.JWT_SECRET_KEY,
        algorithms=[jwt_settings.JWT_ALGORITHM],
        # Servers' clocks differ by a moment: a token may reach one that has not
        # come to its ``iat`` yet, and only we can have signed it.
        options={"require": list(REQUIRED_CLAIMS), "verify_iat": False},
    )
    if payload["typ"] != ACCESS:
        raise jwt.InvalidTokenError
    return payload


def issue(user: User, family: uuid.UUID) -> tuple[str, Payload]:
    """A new access token for the sign-in ``family``, and its claims."""
    payload = {**payload_of(user), "sid": family.hex}
    return get_token(user, **payload), payload


def decode(token: str) -> Payload:
    """The claims of an access token that is ours and still in time.

    Whether its user may still use it, ``user_for_claims`` says. Raises ``TokenError``.
    """
    try:
        payload: Payload = get_payload(token)
    except JSONWebTokenExpired as error:
        raise TokenError(TokenErrorCode.EXPIRED) from error
    except (JSONWebTokenError, UnicodeError) as error:
        raise TokenError from error
    return payload


def authenticate(token: str) -> User:
    """The account that sent this access token. Raises ``TokenError``."""
    return user_for_claims(decode(token))


def user_for_claims(payload: Payload) -> User:
    """The account whose claims these are, in one query.

    Raises ``TokenError`` once the sign-in was ended, the password changed, or the
    account deactivated or deleted.
    """
    try:
        account, sign_in = int(payload["sub"]), uuid.UUID(payload["sid"])
    except (AttributeError, TypeError, ValueError) as error:
        raise TokenError from error
    family = FAMILY.get_db_prep_value(sign_in, connection)
    user: User | None = first_or_none(User.objects.raw(OWNER, [account, family]))
    if user is None or not constant_time_compare(password_version(user), payload["ver"]):
        raise TokenError
    return user


def refresh_lifetime() -> dt.timedelta:
    lifetime: dt.timedelta = jwt_settings.JWT_REFRESH_EXPIRATION_DELTA
    return lifetime
