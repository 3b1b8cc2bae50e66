"""Signing in, and staying so: refresh tokens that are good for one use each.

A sign-in is a family of refresh tokens in a row. Using one makes the next; using
one again, later than a client that lost the answer would, means that two parties
hold it, and ends the sign-in (RFC 9700, 4.14.2).

Every function that writes locks the user's row first. So a sign-in that is being
ended, or whose password is being changed, cannot grow another token meanwhile. Each
raises ``Busy`` if the database asked for another try and got none.
"""

import datetime as dt
import hashlib
import secrets
import uuid
from dataclasses import dataclass

from django.conf import settings
from django.contrib.auth.models import update_last_login
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.http import urlsafe_base64_encode

from users.authentication import access_tokens
from users.authentication.access_tokens import Payload, TokenError
from users.common.transactions import atomic_with_retry
from users.errors import TokenErrorCode
from users.models import RefreshToken, RefreshTokenQuerySet, User
from users.querysets import first_or_none

# A client that lost the answer asks again within this time.
REUSE_GRACE_PERIOD = dt.timedelta(seconds=30)


@dataclass(frozen=True)
class Session:
    """What a client keeps: who it is, its access token, and the means to renew it."""

    user: User
    access_token: str
    payload: Payload
    refresh_token: str
    refresh_expires_at: dt.datetime


@atomic_with_retry
def start(user: User) -> Session:
    """Open a sign-in for a user who has just shown the password.

    Raises ``TokenError`` if it was changed, or the account disabled, in between.
    """
    locked = User.objects.filter(pk=user.pk, is_active=True).select_for_update().get_or_none()
    if locked is None or locked.password != user.password:
        raise TokenError
    update_last_login(User, locked)
    return _add(locked, uuid.uuid4(), secrets.token_urlsafe(32))


def rotate(token: str) -> Session:
    """Spend a refresh token for a new access token and the next refresh token.

    Asking again within ``REUSE_GRACE_PERIOD`` gets the same next token, so that of many requests
    at once one spends it and all stay signed in. Raises ``TokenError``; a token used
    later than that ends its sign-in.
    """
    answer = _try_to_rotate(token)
    # Raised out here, for in there it would take back the ending of the sign-in.
    if isinstance(answer, TokenErrorCode):
        raise TokenError(answer)
    return answer


@atomic_with_retry
def _try_to_rotate(token: str) -> Session | TokenErrorCode:
    row = _lock(token)
    return _rotate_row(row, token, timezone.now()) if row else TokenErrorCode.INVALID


@atomic_with_retry
def revoke(token: str) -> dt.datetime:
    """End the sign-in a refresh token belongs to, access tokens included.

    Says when it ended, which may be earlier: asking twice does no harm. Raises
    ``TokenError`` for a token that is not ours.
    """
    now = timezone.now()
    row = _lock(token)
    if row is None:
        raise TokenError
    _family(row).revoke(now)
    return row.revoked_at or now


def _lock(token: str) -> RefreshToken | None:
    """The row of a token, read once its user is locked."""
    rows = RefreshToken.objects.filter(token_hash=_hash(token))
    user_id = first_or_none(rows.values_list("user_id", flat=True))
    if not User.objects.select_for_update().filter(pk=user_id).exists():
        return None
    return rows.select_related("user").get_or_none()


def _rotate_row(row: RefreshToken, token: str, now: dt.datetime) -> Session | TokenErrorCode:
    if row.revoked_at:
        return TokenErrorCode.INVALID
    successor = _next_token(token)
    if row.used_at and row.user.is_active and now - row.used_at <= REUSE_GRACE_PERIOD:
        return _repeat(successor)
    if row.used_at or not row.user.is_active:
        _family(row).revoke(now)
        return TokenErrorCode.INVALID
    if row.expires_at <= now:
        return TokenErrorCode.EXPIRED
    row.used_at = now
    row.save(update_fields=["used_at"])
    return _add(row.user, row.family, successor)


def _next_token(token: str) -> str:
    """The token that follows this one.

    It is derived, not drawn, because only its hash is kept and a client that lost
    the answer must get the same one again: two would be two sign-ins, of which a
    thief's would go unnoticed.
    """
    key_salt = "users.refresh_tokens.successor"
    mac = salted_hmac(key_salt, token, secret=settings.JWT_SECRET, algorithm="sha256")
    return urlsafe_base64_encode(mac.digest())


def _add(user: User, family: uuid.UUID, token: str) -> Session:
    now = timezone.now()
    row = RefreshToken.objects.create(
        user=user,
        family=family,
        token_hash=_hash(token),
        created_at=now,
        expires_at=now + access_tokens.refresh_lifetime(),
    )
    return _sign_in(row, token)


def _repeat(token: str) -> Session | TokenErrorCode:
    live = RefreshToken.objects.live().select_related("user")
    row = live.filter(token_hash=_hash(token)).get_or_none()
    return _sign_in(row, token) if row else TokenErrorCode.INVALID


def _sign_in(row: RefreshToken, token: str) -> Session:
    access_token, payload = access_tokens.issue(row.user, row.family)
    return Session(row.user, access_token, payload, token, row.expires_at)


def _family(row: RefreshToken) -> RefreshTokenQuerySet:
    return RefreshToken.objects.filter(family=row.family)


def _hash(token: str) -> str:
    # Ours are ASCII; a lone surrogate, which has no bytes, must not be an error.
    return hashlib.sha256(token.encode(errors="replace")).hexdigest()
