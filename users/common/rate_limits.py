"""Rate limits, counted in the shared cache.

While the cache is unavailable, nothing can be counted. Limits that protect a secret then
reject every attempt, because otherwise an attacker could guess passwords during an outage.
The limits in ``FAIL_OPEN``, which only protect against floods, let every request pass,
because otherwise an outage of the cache would stop the whole server.
"""

import datetime as dt
import hashlib
import logging
from collections.abc import Callable
from enum import Enum
from typing import NamedTuple

from django.core.cache import cache
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django_ratelimit.core import get_usage

from users.common.request_record import report_outage
from users.common.shared_cache import LoggedOutage, increase

logger = logging.getLogger(__name__)


class RateLimitExceeded(Exception):
    """Too many attempts. The next one is possible after ``retry_after`` seconds."""

    def __init__(self, retry_after: int) -> None:
        message = ngettext(
            "Too many attempts. Try again in {retry_after} second.",
            "Too many attempts. Try again in {retry_after} seconds.",
            retry_after,
        )
        super().__init__(message.format(retry_after=retry_after))
        self.retry_after = retry_after


class RateLimiterUnavailable(Exception):
    """The cache is unavailable, and this attempt must not pass uncounted."""

    def __init__(self) -> None:
        super().__init__(_("Service temporarily unavailable. Please try again."))


class Throttle(Enum):
    """Limits as count/period, in django-ratelimit's format.

    "Client" is a ``client_key``, "account" an email address, "user" a user id. No two have the same
    text: they would be one member of the enumeration, with a common count.
    """

    LOGINS_PER_CLIENT = "100/15m"
    LOGINS_PER_ACCOUNT = "50/h"
    REGISTRATIONS_PER_CLIENT = "60/h"
    RESET_REQUESTS_PER_CLIENT = "30/h"
    RESET_REQUESTS_PER_ACCOUNT = "5/h"
    RESETS_PER_CLIENT = "30/15m"
    # Also of what staff and doctors send: nobody can have many emails sent to a stranger.
    VERIFICATION_REQUESTS_PER_ACCOUNT = "5/12h"
    VERIFICATIONS_PER_CLIENT = "60/15m"
    EMAIL_CHANGES_PER_USER = "5/24h"
    EMAIL_CHANGES_PER_ACCOUNT = "4/d"
    INVITATIONS_PER_USER = "10/d"
    INVITATIONS_PER_ACCOUNT = "8/d"
    INVITATIONS_PER_SENDER = "200/d"
    STORED_DOCUMENTS_PER_CLIENT = "300/h"
    CODES_PER_USER = "20/h"
    UPLOADS_PER_USER = "10/h"
    # A calendar service fetches the feeds of many accounts from few addresses.
    CALENDARS_PER_CLIENT = "300/m"
    CALENDARS_PER_USER = "10/m"
    EXPORTS_PER_USER = "5/d"
    PASSWORD_CHANGES_PER_USER = "10/15m"  # noqa: S105 - a rate, no secret
    ACCOUNT_NOTIFICATIONS_PER_USER = "6/d"
    # Also of patients that were removed again.
    DEPENDANTS_PER_USER = "30/d"
    ASSISTANT_ADDRESSES_PER_DOCTOR = "60/d"
    # By the doctor and all assistants of the doctor together; staff are not limited.
    REGISTERED_PATIENTS_PER_DOCTOR = "100/d"


FAIL_OPEN = {
    Throttle.STORED_DOCUMENTS_PER_CLIENT,
    Throttle.CALENDARS_PER_CLIENT,
    Throttle.CALENDARS_PER_USER,
    Throttle.EXPORTS_PER_USER,
    Throttle.ACCOUNT_NOTIFICATIONS_PER_USER,
    Throttle.REGISTERED_PATIENTS_PER_DOCTOR,
}


class Usage(NamedTuple):
    """How much of a limit is used in the current period."""

    used: int
    limit: int
    seconds_left: int

    @property
    def retry_after(self) -> int:
        return max(self.seconds_left, 1)


def consume(throttle: Throttle, key: str) -> None:
    """Count one attempt of ``key``.

    Raises RateLimitExceeded above the limit. While the cache is unavailable, raises
    RateLimiterUnavailable unless the throttle is in ``FAIL_OPEN``.
    """
    usage = _usage(throttle, key, increment=True)
    if usage and usage.used > usage.limit:
        raise RateLimitExceeded(usage.retry_after)


def peek(throttle: Throttle, key: str) -> None:
    """Raise what ``consume`` would raise for the next attempt, without counting one."""
    usage = _usage(throttle, key, increment=False)
    if usage and usage.used >= usage.limit:
        raise RateLimitExceeded(usage.retry_after)


def count_failure(key: str, *, limit: int, period: dt.timedelta) -> None:
    """Count an attempt of ``key`` as a failure, atomically, until ``forget_failures()``.

    Raises RateLimitExceeded if there were ``limit`` failures already; the lock lasts for
    ``period`` after the last of them. Raises RateLimiterUnavailable while the cache is
    unavailable. django-ratelimit cannot be used: it cannot forget a count, and its periods
    start at fixed times.
    """
    seconds = int(period.total_seconds())
    failures = _add_failure(_failures_key(key), limit, seconds)
    if failures > limit:
        raise RateLimitExceeded(seconds)


def forget_failures(key: str) -> None:
    """Reset the failures of ``key``. While the cache is unavailable they stay until they expire."""
    with LoggedOutage("Failures cannot be forgotten"):
        cache.delete(_failures_key(key))


def _failures_key(key: str) -> str:
    # Hashed, because the key contains an email address, which the cache must not hold.
    return f"failures:{hashlib.sha256(key.encode()).hexdigest()}"


def _add_failure(cache_key: str, limit: int, seconds: int) -> int:
    """Return the number of failures. Those after ``limit`` do not prolong the lock."""
    with LoggedOutage("Failures cannot be counted"):
        failures = increase(cache_key, 1, seconds=seconds)
        if failures <= limit:
            cache.touch(cache_key, seconds)
        return failures
    raise RateLimiterUnavailable


def _usage(throttle: Throttle, key: str, *, increment: bool) -> Usage | None:
    """Return the usage of ``key``; None if the attempt passes uncounted.

    That is so without rate limits, and in FAIL_OPEN while the cache is unavailable.
    """
    key_function: Callable[[str, HttpRequest], str] = lambda _group, _request: key  # noqa: E731 - what the library asks for
    reason = "the cache did not store the count"
    try:
        usage: dict[str, int] | None = get_usage(
            None, group=throttle.name, key=key_function, rate=throttle.value, increment=increment
        )
        if usage is None:
            return None
        # django-ratelimit reports a limit of 0 if the cache did not count.
        if usage["limit"]:
            return Usage(usage["count"], usage["limit"], usage["time_left"])
    except Exception as error:  # noqa: BLE001 - each cache backend has its own exceptions
        reason = type(error).__name__
    report_outage(logger, f"{throttle.name} cannot be counted: {reason}")
    if throttle in FAIL_OPEN:
        return None
    raise RateLimiterUnavailable
