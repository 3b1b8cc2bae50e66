"""Refresh tokens: each can be used once and is replaced by the next one.

A session is a family of refresh tokens: signing in creates the first one, rotating a token
creates the next. A token that is used again after ``REUSE_GRACE_PERIOD`` is held by two
parties, one of which stole it, so reuse ends the session (RFC 9700, 4.14.2).

Every function that writes locks the user's row first. Otherwise a concurrent rotation could
add a token to a session that is being ended or whose password is being changed. Each raises
``TransactionConflict`` if the database rejects every attempt.
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
from users.common.transactions import atomic_with_retry, locked
from users.errors import TokenErrorCode
from users.models import RefreshToken, RefreshTokenQuerySet, User
from users.querysets import first_or_none

# Time in which a client can repeat a rotation whose response was lost.
REUSE_GRACE_PERIOD = dt.timedelta(seconds=30)


@dataclass(frozen=True)
class Session:
    """A session of a user, with its current tokens."""

    user: User
    access_token: str
    payload: Payload  # the claims of the access token
    refresh_token: str
    refresh_expires_at: dt.datetime  # UTC


@atomic_with_retry
def start(user: User) -> Session:
    """Open a session for a user whose password was just checked.

    Raises ``TokenError`` if the password was changed or the account disabled since then.
    """
    stored = locked(User.objects.filter(pk=user.pk, is_active=True)).get_or_none()
    if stored is None or stored.password != user.password:
        raise TokenError
    update_last_login(User, stored)
    return _add(stored, uuid.uuid4(), secrets.token_urlsafe(32))


def rotate(token: str) -> Session:
    """Exchange a refresh token for a new access token and the next refresh token.

    Repeated within ``REUSE_GRACE_PERIOD``, it returns the same next token, so that
    concurrent requests with one token all succeed. Raises ``TokenError``; a token used
    after that period ends its session.
    """
    result = _rotate(token)
    # Raised outside the transaction: inside, it would roll back the end of the session.
    if isinstance(result, TokenErrorCode):
        raise TokenError(result)
    return result


@atomic_with_retry
def _rotate(token: str) -> Session | TokenErrorCode:
    row = _lock(token)
    return _rotate_row(row, token, timezone.now()) if row else TokenErrorCode.INVALID


@atomic_with_retry
def revoke(token: str) -> dt.datetime:
    """End the session of a refresh token, including its access tokens.

    Returns when it ended (UTC), which is in the past if the session was already ended. Raises
    ``TokenError`` if the token is unknown.
    """
    now = timezone.now()
    row = _lock(token)
    if row is None:
        raise TokenError
    _family(row).revoke(now)
    return row.revoked_at or now


def _lock(token: str) -> RefreshToken | None:
    """Lock the user of a token, then return its row; None if the token is unknown."""
    rows = RefreshToken.objects.filter(token_hash=_hash(token))
    user_id = first_or_none(rows.values_list("user_id", flat=True))
    if not locked(User.objects.filter(pk=user_id)).exists():
        return None
    return rows.select_related("user").get_or_none()


def _rotate_row(row: RefreshToken, token: str, now: dt.datetime) -> Session | TokenErrorCode:
    if row.revoked_at:
        return TokenErrorCode.INVALID
    # The clock of another server can be ahead by less. If a clock went back by more, nobody knows
    # how long ago the token was used.
    if row.used_at and row.user.is_active and abs(now - row.used_at) <= REUSE_GRACE_PERIOD:
        return _repeat(token)
    if row.used_at or not row.user.is_active:
        _family(row).revoke(now)
        return TokenErrorCode.INVALID
    if min(row.expires_at, _session_end(row.session_started_at)) <= now:
        return TokenErrorCode.EXPIRED
    row.used_at = now
    row.save(update_fields=["used_at"])
    [current_key, *_replaced] = access_tokens.signing_keys()
    return _add(row.user, row.family, _next_token(token, current_key), row.session_started_at)


def _next_token(token: str, key: str) -> str:
    """Return the token that follows this one, derived from it by HMAC.

    It is not random, because only its hash is stored and a repeated rotation must return the
    same token. Two different next tokens would be two chains, and the use of a stolen one
    would not be detected.
    """
    key_salt = "users.refresh_tokens.successor"
    mac = salted_hmac(key_salt, token, secret=key, algorithm="sha256")
    return urlsafe_base64_encode(mac.digest())


def _add(
    user: User, family: uuid.UUID, token: str, started_at: dt.datetime | None = None
) -> Session:
    """Store a token of a session that started at ``started_at``, now if None."""
    now = timezone.now()
    started_at = started_at or now
    row = RefreshToken.objects.create(
        user=user,
        family=family,
        token_hash=_hash(token),
        session_started_at=started_at,
        created_at=now,
        expires_at=min(now + access_tokens.refresh_lifetime(), _session_end(started_at)),
    )
    return _session(row, token)


def _session_end(started_at: dt.datetime) -> dt.datetime:
    return started_at + dt.timedelta(days=settings.JWT_FAMILY_DAYS)


def _repeat(used: str) -> Session | TokenErrorCode:
    """Return the session with the token that followed ``used``, under whichever key."""
    live = RefreshToken.objects.live().select_related("user")
    for token in (_next_token(used, key) for key in access_tokens.signing_keys()):
        if row := live.filter(token_hash=_hash(token)).get_or_none():
            return _session(row, token)
    return TokenErrorCode.INVALID


def _session(row: RefreshToken, token: str) -> Session:
    access_token, payload = access_tokens.issue(row.user, row.family)
    return Session(row.user, access_token, payload, token, row.expires_at)


def _family(row: RefreshToken) -> RefreshTokenQuerySet:
    return RefreshToken.objects.filter(family=row.family)


def _hash(token: str) -> str:
    # Our tokens are ASCII. "replace", because encoding a lone surrogate would raise an error.
    return hashlib.sha256(token.encode(errors="replace")).hexdigest()
