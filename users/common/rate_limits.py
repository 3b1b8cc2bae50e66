"""How often is too often. Counted in the cache, which all processes share.

While the cache is away nothing can be counted. What guards a secret then refuses
everybody, for else an outage would be the time to guess in; what guards against
floods lets everybody pass, for else an outage of the cache would be one of the clinic.
"""

import logging
from collections.abc import Callable
from enum import Enum

from django.http import HttpRequest
from django_ratelimit.core import get_usage

logger = logging.getLogger(__name__)


class RateLimitExceeded(Exception):
    """Asked too often; ``retry_after`` seconds later it may be asked again."""

    def __init__(self, retry_after: int) -> None:
        super().__init__("Too many tries. Try again later.")
        self.retry_after = retry_after


class RateLimiterUnavailable(Exception):
    """The cache is away, and an uncounted try must not pass."""

    def __init__(self) -> None:
        super().__init__("This is not possible just now. Try again shortly.")


class Throttle(Enum):
    """What is counted, each with how many in how long, as django-ratelimit spells it."""

    REQUESTS_OF_ADDRESS = "1200/m"
    REQUESTS_OF_USER = "600/m"
    SIGN_INS_OF_ADDRESS = "100/15m"
    SIGN_INS_OF_ACCOUNT = "50/h"
    REGISTRATIONS_OF_ADDRESS = "60/h"
    RESET_REQUESTS_OF_ADDRESS = "30/h"
    RESET_REQUESTS_OF_ACCOUNT = "5/h"
    RESETS_OF_ADDRESS = "30/15m"
    KEPT_DOCUMENTS_OF_ADDRESS = "300/h"
    PASSWORD_CHANGES_OF_USER = "10/15m"  # noqa: S105 - a rate, no secret


FAIL_OPEN = {
    Throttle.REQUESTS_OF_ADDRESS,
    Throttle.REQUESTS_OF_USER,
    Throttle.KEPT_DOCUMENTS_OF_ADDRESS,
}


def consume(throttle: Throttle, who: str) -> None:
    """Count one try of ``who``. Raises TooManyTries once there are more than the rate.

    Raises CannotCount while the cache is away, unless it is against floods.
    """
    usage = _usage(throttle, who, increment=True)
    if usage and usage["should_limit"]:
        raise RateLimitExceeded(max(usage["time_left"], 1))


def consume_request(*, address: str, account: str) -> None:
    """Count a request against its address and its account, "" if nobody is signed in.

    Raises TooManyTries.
    """
    consume(Throttle.REQUESTS_OF_ADDRESS, address)
    if account:
        consume(Throttle.REQUESTS_OF_USER, account)


def peek(throttle: Throttle, who: str) -> None:
    """Raise what ``consume`` would once ``who`` has spent the rate, without counting this."""
    usage = _usage(throttle, who, increment=False)
    if usage and usage["count"] >= usage["limit"]:
        raise RateLimitExceeded(max(usage["time_left"], 1))


def _usage(throttle: Throttle, who: str, *, increment: bool) -> dict[str, int] | None:
    key: Callable[[str, HttpRequest], str] = lambda _group, _request: who  # noqa: E731 - what the library asks for
    why = "the cache did not keep it"
    try:
        usage: dict[str, int] | None = get_usage(
            None, group=throttle.name, key=key, rate=throttle.value, increment=increment
        )
        # No limit is how the library says that it could not count.
        if usage is None or usage["limit"]:
            return usage
    except Exception as error:  # noqa: BLE001 - every kind of cache has errors of its own
        why = type(error).__name__
    logger.error("%s cannot be counted: %s", throttle.name, why)
    if throttle in FAIL_OPEN:
        return None
    raise RateLimiterUnavailable
