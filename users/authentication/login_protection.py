"""Protection against password guessing, by django-axes, for ``tokenAuth`` and the admin.

Five failures lock an account for the client that made them, not for other clients, so that
an attacker cannot lock a doctor out. After many login attempts to one account, one failure
locks it for a client.
"""

import datetime as dt
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from axes.backends import AxesStandaloneBackend
from axes.handlers.proxy import AxesProxyHandler
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest

from users.common import rate_limits
from users.common.client_ip import client_key
from users.common.rate_limits import RateLimitExceeded, Throttle
from users.email_addresses import account_key

MAX_FAILURES = 5
MAX_FAILURES_WHEN_SLOWED = 1

Credentials = Mapping[str, Any]


class LoginProtectionBackend(AxesStandaloneBackend):  # type: ignore[misc]  # axes has no types
    """Authentication backend that counts every attempt before the password is checked.

    It must be the first backend.
    """

    def authenticate(
        self,
        request: HttpRequest,
        username: str | None = None,
        password: str | None = None,
        **credentials: Any,
    ) -> None:
        """Raise PermissionDenied, which stops Django from calling the other backends."""
        account = username_of(request, {"username": username, **credentials})
        try:
            rate_limits.consume(Throttle.LOGINS_PER_CLIENT, client_key(request))
        except RateLimitExceeded as error:
            raise PermissionDenied from error
        with suppress(RateLimitExceeded):  # lowers the limit instead, see `failure_limit`
            rate_limits.consume(Throttle.LOGINS_PER_ACCOUNT, account)
        super().authenticate(request, username=username, password=password, **credentials)


def require_login_allowed(request: HttpRequest, email: str) -> None:
    """Raise RateLimitExceeded if this client must wait before logging in to this account.

    Raises RateLimiterUnavailable while failures cannot be counted.
    """
    if not settings.RATE_LIMIT_ENABLED:
        return
    rate_limits.peek(Throttle.LOGINS_PER_CLIENT, client_key(request))
    if not AxesProxyHandler.is_allowed(request, {"username": email}):
        cool_off: dt.timedelta = settings.AXES_COOLOFF_TIME
        raise RateLimitExceeded(int(cool_off.total_seconds()))


def record_login_result(request: HttpRequest, email: str, *, succeeded: bool) -> None:
    """Reset this client's failures with this account after a successful login.

    Failures are already counted by axes, from Django's ``user_login_failed`` signal.
    """
    # If this stayed true, axes' middleware would replace the GraphQL response by its own.
    request.axes_locked_out = False  # type: ignore[attr-defined]  # set by axes
    if not succeeded:
        return
    if settings.RATE_LIMIT_ENABLED:
        AxesProxyHandler.reset_attempts(
            ip_address=client_key(request), username=username_of(request, {"username": email})
        )


def username_of(request: HttpRequest, credentials: Credentials | None) -> str:
    """Return the key of the account of a login attempt (``AXES_USERNAME_CALLABLE``)."""
    given = credentials or {}
    email = given.get("username") or given.get("email") or request.POST.get("username")
    return account_key(email)


def failure_limit(request: HttpRequest, credentials: Credentials | None) -> int:
    """Return how many failures lock an account for one client (``AXES_FAILURE_LIMIT``)."""
    try:
        rate_limits.peek(Throttle.LOGINS_PER_ACCOUNT, username_of(request, credentials))
    except RateLimitExceeded:
        return MAX_FAILURES_WHEN_SLOWED
    return MAX_FAILURES


def describe_client(
    username: str,  # noqa: ARG001 - axes passes it
    ip_address: str,
    *_: object,
) -> str:
    """Return the text that axes logs: the IP, not the account (``AXES_CLIENT_STR_CALLABLE``)."""
    return f"{{ip_address: {ip_address!r}}}"
