"""Counters in the shared cache, and what happens while it is unavailable."""

import logging
from types import TracebackType

from django.core.cache import cache

from users.common.request_record import report_outage

logger = logging.getLogger(__name__)


class LoggedOutage:
    """Context manager that logs an error of the cache as ``failure``; the block then ends.

    Without a traceback, in the line of the request, because each request of an outage logs it.
    Catches every Exception, because each cache backend has its own.
    """

    def __init__(self, failure: str) -> None:
        self._failure = failure

    def __enter__(self) -> None:
        """Return nothing."""

    def __exit__(
        self,
        error_type: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> bool:
        if not isinstance(error, Exception):
            return False
        report_outage(logger, f"{self._failure}: {type(error).__name__}")
        return True


def increase(key: str, by: int, *, seconds: int) -> int:
    """Add to the counter and return the total. A new counter expires after ``seconds``.

    Atomic, because ``add()`` and ``incr()`` are in local memory, in Redis and in Memcached.
    """
    try:
        return cache.incr(key, by)
    except ValueError:  # there is no such counter yet
        return by if cache.add(key, by, seconds) else cache.incr(key, by)
