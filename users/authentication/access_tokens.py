"""Access tokens: short-lived JSON Web Tokens (RFC 7519) that authenticate a request.

django-graphql-jwt supplies the settings (``GRAPHQL_JWT``) and the encoding. Its decoder is
not used, because it accepts a token without ``exp``, which would never expire.
"""

import datetime as dt
import uuid
from collections.abc import Collection
from contextlib import suppress
from functools import lru_cache
from typing import Any

import jwt
from django.conf import settings
from django.db.models import Exists, IntegerField, OuterRef, UUIDField
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext_lazy as _
from graphql_jwt.settings import jwt_settings
from graphql_jwt.utils import jwt_encode

from users.common.prepared_queries import Parameter, PreparedQuery
from users.errors import TokenErrorCode
from users.models import RefreshToken, User
from users.querysets import first_or_none

Payload = dict[str, Any]

ACCESS = "access"
VERSION_LENGTH = 16
# Of a process. Their claims take about a megabyte.
VERIFIED_TOKENS = 1_000
REQUIRED_CLAIMS = ("sub", "iat", "exp", "jti", "typ", "sid", "ver")

# Runs for every authenticated request.
USER_OF_LIVE_SESSION = PreparedQuery(
    lambda: User.objects.filter(
        Exists(
            RefreshToken.objects.filter(
                user=OuterRef("pk"), family=Parameter("family", UUIDField()), revoked_at=None
            )
        ),
        pk=Parameter("user", IntegerField()),
        is_active=True,
    )
)

MESSAGES = {
    TokenErrorCode.EXPIRED: _("The token has expired."),
    TokenErrorCode.INVALID: _("The token is invalid."),
}


class TokenError(Exception):
    """An access or refresh token that cannot be used; ``code`` says why."""

    def __init__(self, code: TokenErrorCode = TokenErrorCode.INVALID) -> None:
        super().__init__(str(MESSAGES[code]))
        self.code = code


def issue(user: User, family: uuid.UUID) -> tuple[str, Payload]:
    """Return a new access token for the session ``family``, and its claims.

    The claims hold no personal data. ``sub`` is the user id, because an email address can
    change and then belong to another user.
    """
    now = timezone.now()
    claims = {
        "sub": str(user.pk),
        "iat": int(now.timestamp()),
        "exp": int((now + jwt_settings.JWT_EXPIRATION_DELTA).timestamp()),
        "jti": uuid.uuid4().hex,
        "typ": ACCESS,
        "ver": password_version(user),
        "sid": family.hex,
    }
    return jwt_encode(claims), claims


def password_version(user: User) -> str:
    """Return a value that changes with the password and does not reveal it."""
    # Django ends admin sessions when this hash changes; access tokens end with it as well.
    return user.get_session_auth_hash()[:VERSION_LENGTH]


def decode(token: str) -> Payload:
    """Return the claims of a token that we signed and that has not expired.

    Raises ``TokenError``. Does not check that the session and the account are still active:
    see ``user_for_claims``.
    """
    try:
        claims = _verify(token)
    except jwt.ExpiredSignatureError as error:
        raise TokenError(TokenErrorCode.EXPIRED) from error
    except (jwt.InvalidTokenError, UnicodeError) as error:
        raise TokenError from error
    if claims["typ"] != ACCESS:
        raise TokenError
    return claims


def signing_keys() -> tuple[str, ...]:
    """Return the signing key and then the keys that it replaced, newest first."""
    return (jwt_settings.JWT_SECRET_KEY, *settings.JWT_SECRET_FALLBACKS)


def _verify(token: str) -> Payload:
    """Return the claims of a token signed with one of the keys. Raises PyJWT's errors."""
    claims = _verified_before(token, signing_keys(), jwt_settings.JWT_ALGORITHM)
    if int(claims["exp"]) <= timezone.now().timestamp():
        raise jwt.ExpiredSignatureError
    return {**claims}


@lru_cache(maxsize=VERIFIED_TOKENS)
def _verified_before(token: str, keys: tuple[str, ...], algorithm: str) -> Payload:
    """Return the claims of a token that was valid when it was verified first.

    A client sends the same token with every request until it expires, and verifying it takes a
    tenth of a short request. A token that is not valid is not kept.
    """
    for key in keys:
        with suppress(jwt.InvalidSignatureError):
            claims: Payload = jwt.decode(
                token,
                key,
                algorithms=[algorithm],
                # ``iat`` is not compared with the clock: it can lie in the future of another
                # server whose clock is slow, and only we can have signed it.
                options={"require": list(REQUIRED_CLAIMS), "verify_iat": False},
            )
            return claims
    raise jwt.InvalidSignatureError


def authenticate(token: str) -> User:
    """Return the user of an access token. Raises ``TokenError``."""
    return user_for_claims(decode(token))


def authenticate_all(tokens: Collection[str]) -> dict[str, User]:
    """Return the users of those access tokens that are valid, in at most two queries."""
    if len(tokens) == 1:
        with suppress(TokenError):
            return {token: authenticate(token) for token in tokens}
        return {}
    claims: dict[str, tuple[Payload, int, uuid.UUID]] = {}
    for token in tokens:
        with suppress(TokenError):
            decoded = decode(token)
            claims[token] = (decoded, *_subject(decoded))
    users, sessions = _live_sessions(
        {user for _decoded, user, _session in claims.values()},
        {session for _decoded, _user, session in claims.values()},
    )
    return {
        token: users[user]
        for token, (decoded, user, session) in claims.items()
        if user in users
        and (user, session) in sessions
        and _is_current_version(users[user], decoded["ver"])
    }


def _live_sessions(
    user_ids: Collection[int], families: Collection[uuid.UUID]
) -> tuple[dict[int, User], set[tuple[int, uuid.UUID]]]:
    """Return the active ones of these users by id, and the sessions that were not ended."""
    if not user_ids:
        return {}, set()
    users = {user.pk: user for user in User.objects.filter(pk__in=user_ids, is_active=True)}
    live = RefreshToken.objects.filter(family__in=families, revoked_at=None)
    return users, set(live.order_by().values_list("user_id", "family").distinct())


def user_for_claims(claims: Payload) -> User:
    """Return the user of a decoded token, in one query.

    Raises ``TokenError`` if the session was ended, the password changed, or the account
    deactivated or deleted.
    """
    user_id, session = _subject(claims)
    user: User | None = first_or_none(USER_OF_LIVE_SESSION.instances(user=user_id, family=session))
    if user is None or not _is_current_version(user, claims["ver"]):
        raise TokenError
    return user


def _subject(claims: Payload) -> tuple[int, uuid.UUID]:
    """Return the user id and the session of a decoded token. Raises ``TokenError``."""
    try:
        return int(claims["sub"]), uuid.UUID(claims["sid"])
    except (AttributeError, TypeError, ValueError) as error:
        raise TokenError from error


def _is_current_version(user: User, version: str) -> bool:
    """Return whether the password is the one of the token, under any of the signing keys."""
    hashes = (user.get_session_auth_hash(), *user.get_session_auth_fallback_hash())
    return any(constant_time_compare(each[:VERSION_LENGTH], version) for each in hashes)


def refresh_lifetime() -> dt.timedelta:
    """Return how long a refresh token is valid."""
    lifetime: dt.timedelta = jwt_settings.JWT_REFRESH_EXPIRATION_DELTA
    return lifetime
