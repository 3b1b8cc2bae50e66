"""One log line a request."""

import logging
import time
from collections.abc import Callable
from typing import Any

from django.db import connection
from django.http import HttpResponse

from users.authentication.middleware import TokenRequest

logger = logging.getLogger("cybermed.request")


class StatementCounter:
    """Counts the SQL statements that run while it is installed."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self, execute: Callable[..., Any], *args: Any) -> Any:
        self.count += 1
        return execute(*args)


def request_log_middleware(
    get_response: Callable[[TokenRequest], HttpResponse],
) -> Callable[[TokenRequest], HttpResponse]:
    """Log a line a request: which, how it ended, how long it took, and who sent it.

    The route stands for the address, which may hold a secret; a user's id for the user.
    """

    def middleware(request: TokenRequest) -> HttpResponse:
        counter, started = StatementCounter(), time.perf_counter()
        with connection.execute_wrapper(counter):
            response = get_response(request)
        match = request.resolver_match
        logger.info(
            "request",
            extra={
                "method": request.method,
                "route": match.route if match else "",
                "status": response.status_code,
                "operation": (getattr(request, "operation_name", None) or "")[:100],
                "duration_ms": round((time.perf_counter() - started) * 1000, 1),
                "statements": counter.count,
                "user_id": request.token_user.subject or _session_user(request),
            },
        )
        return response

    return middleware


def _session_user(request: TokenRequest) -> str:
    """Who is signed in to the admin, if the request's session was looked at anyway."""
    user = getattr(request, "_cached_user", None)
    return str(user.pk) if user is not None and user.pk else ""
