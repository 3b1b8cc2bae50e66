"""Against guessing passwords, with django-axes, at tokenAuth and the admin alike.

Five failures lock an account for the address they came from, and nobody else: so
nobody can lock a doctor out. An account that many addresses try at once is slowed:
each address then has one try.
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
from users.common.client_ip import client_ip, client_network
from users.common.rate_limits import RateLimitExceeded, Throttle
from users.models import User

MAX_FAILURES = 5
MAX_FAILURES_WHEN_SLOWED = 1

Credentials = Mapping[str, Any]


class LoginProtectionBackend(AxesStandaloneBackend):  # type: ignore[misc]  # axes has no types
    """Counts every try before a password is looked at; first of the backends."""

    def authenticate(
        self,
        request: HttpRequest,
        username: str | None = None,
        password: str | None = None,
        **credentials: Any,
    ) -> None:
        """Raises PermissionDenied, which ends Django's search for an account."""
        account = username_of(request, {"username": username, **credentials})
        try:
            rate_limits.consume(Throttle.SIGN_INS_OF_ADDRESS, client_key(request))
        except RateLimitExceeded as error:
            raise PermissionDenied from error
        with suppress(RateLimitExceeded):  # slowed, see `failure_limit`
            rate_limits.consume(Throttle.SIGN_INS_OF_ACCOUNT, account)
        super().authenticate(request, username=username, password=password, **credentials)


def require_login_allowed(request: HttpRequest, email: str) -> None:
    """Raise TooManyTries if this address may not try this account now.

    Raises CannotCount while failures cannot be counted.
    """
    if not settings.RATE_LIMIT_ENABLED:
        return
    rate_limits.peek(Throttle.SIGN_INS_OF_ADDRESS, client_key(request))
    if not AxesProxyHandler.is_allowed(request, {"username": email}):
        cool_off: dt.timedelta = settings.AXES_COOLOFF_TIME
        raise RateLimitExceeded(int(cool_off.total_seconds()))


def record_login_result(request: HttpRequest, email: str, *, succeeded: bool) -> None:
    """Forget the failures of this address with this account, if it got in after all."""
    # A refusal at tokenAuth is ours to word; axes' middleware would answer in its place.
    request.axes_locked_out = False  # type: ignore[attr-defined]  # axes' own mark
    if not succeeded:
        return
    if settings.RATE_LIMIT_ENABLED:
        AxesProxyHandler.reset_attempts(
            ip_address=client_key(request), username=username_of(request, {"username": email})
        )


def client_key(request: HttpRequest) -> str:
    """Where a try comes from: what counts as one client (``AXES_CLIENT_IP_CALLABLE``)."""
    return client_network(client_ip(request))


def username_of(request: HttpRequest, credentials: Credentials | None) -> str:
    """The account that is tried, in its one spelling (``AXES_USERNAME_CALLABLE``)."""
    given = credentials or {}
    email = given.get("username") or given.get("email") or request.POST.get("username")
    return User.objects.normalize_email(email)


def failure_limit(request: HttpRequest, credentials: Credentials | None) -> int:
    """How many failures lock an account for one address (``AXES_FAILURE_LIMIT``)."""
    try:
        rate_limits.peek(Throttle.SIGN_INS_OF_ACCOUNT, username_of(request, credentials))
    except RateLimitExceeded:
        return MAX_FAILURES_WHEN_SLOWED
    return MAX_FAILURES


def describe_client(
    username: str,  # noqa: ARG001 - axes passes it
    ip_address: str,
    *_: object,
) -> str:
    """What axes logs: where from, and not whom (``AXES_CLIENT_STR_CALLABLE``)."""
    return f"{{ip_address: {ip_address!r}}}"
