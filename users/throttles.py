"""How often is too often. Counted in the cache, which all processes share."""

from collections.abc import Callable
from enum import Enum

from django.http import HttpRequest
from django_ratelimit.core import get_usage


class TooManyTries(Exception):
    """Asked too often; ``retry_after`` seconds later it may be asked again."""

    def __init__(self, retry_after: int) -> None:
        super().__init__("Too many tries. Try again later.")
        self.retry_after = retry_after


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
    PASSWORD_CHANGES_OF_USER = "10/15m"  # noqa: S105 - a rate, no secret


def spend(throttle: Throttle, who: str) -> None:
    """Count one try of ``who``. Raises TooManyTries once there are more than the rate."""
    usage = _usage(throttle, who, increment=True)
    if usage and usage["should_limit"]:
        raise TooManyTries(max(usage["time_left"], 1))


def check(throttle: Throttle, who: str) -> None:
    """Raise TooManyTries if ``who`` has spent the rate, without counting this."""
    usage = _usage(throttle, who, increment=False)
    if usage and usage["count"] >= usage["limit"]:
        raise TooManyTries(max(usage["time_left"], 1))


def _usage(throttle: Throttle, who: str, *, increment: bool) -> dict[str, int] | None:
    key: Callable[[str, HttpRequest], str] = lambda _group, _request: who  # noqa: E731 - what the library asks for
    usage: dict[str, int] | None = get_usage(
        None, group=throttle.name, key=key, rate=throttle.value, increment=increment
    )
    return usage
