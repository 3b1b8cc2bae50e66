"""Protection against password guessing, for ``tokenAuth`` and the admin.

Every attempt is counted before its password is hashed, so that attempts at the same time
cannot exceed the limit. Five failures lock an account for the client that made them, not for
other clients, so that an attacker cannot lock a doctor out. After many attempts to sign in to
one account, one failure locks it for a client.
"""

import datetime as dt
from contextlib import suppress

from django.conf import settings
from django.http import HttpRequest

from users.common import rate_limits
from users.common.client_ip import client_key
from users.common.rate_limits import RateLimitExceeded, Throttle
from users.email_addresses import account_key

MAX_FAILURES = 5
MAX_FAILURES_WHEN_SLOWED = 1
LOCK_TIME = dt.timedelta(minutes=15)


def count_attempt(request: HttpRequest, email: str) -> None:
    """Count an attempt to sign in, as a failure until ``forget_failures()``.

    Call it before anything secret is compared. Raises RateLimitExceeded if this client must
    wait, and RateLimiterUnavailable while attempts cannot be counted.
    """
    if not settings.RATE_LIMIT_ENABLED:
        return
    client, account = client_key(request), account_key(email)
    rate_limits.peek(Throttle.LOGINS_PER_CLIENT, client)
    rate_limits.count_failure(_key(client, account), limit=_limit(account), period=LOCK_TIME)
    rate_limits.consume(Throttle.LOGINS_PER_CLIENT, client)
    with suppress(RateLimitExceeded):  # lowers the limit of failures instead
        rate_limits.consume(Throttle.LOGINS_PER_ACCOUNT, account)


def forget_failures(request: HttpRequest, email: str) -> None:
    """Reset this client's failures with this account, after a successful sign-in."""
    if settings.RATE_LIMIT_ENABLED:
        rate_limits.forget_failures(_key(client_key(request), account_key(email)))


def _key(client: str, account: str) -> str:
    return f"{client} {account}"


def _limit(account: str) -> int:
    """Return how many failures lock the account for one client."""
    try:
        rate_limits.peek(Throttle.LOGINS_PER_ACCOUNT, account)
    except RateLimitExceeded:
        return MAX_FAILURES_WHEN_SLOWED
    return MAX_FAILURES
