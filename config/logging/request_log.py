"""Middleware that logs each request."""

import logging
import time
from collections.abc import Callable
from typing import Any

from django.db import connection
from django.http import HttpResponse

from config.logging.redaction import redact
from users.authentication.middleware import TokenRequest

logger = logging.getLogger("cybermed.request")


class StatementCounter:
    """An ``execute_wrapper`` that counts SQL statements."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self, execute: Callable[..., Any], *args: Any) -> Any:
        self.count += 1
        return execute(*args)


def request_log_middleware(
    get_response: Callable[[TokenRequest], HttpResponse],
) -> Callable[[TokenRequest], HttpResponse]:
    """Log method, route, status, operation name, duration, SQL statements and user of a request.

    JSON logs contain the route instead of the path, which can contain a secret, and the user's
    id instead of a name. Only ``LineFormatter``, the development console, prints the path.
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
                "path": redact(request.path),
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
    """Return the id of the admin user if the view has loaded the session, else ""."""
    user = getattr(request, "_cached_user", None)
    return str(user.pk) if user is not None and user.pk else ""
