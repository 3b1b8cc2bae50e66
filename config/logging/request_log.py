"""Middleware that logs and counts each request."""

import logging
import time
from collections.abc import Callable
from typing import cast

from django.http import HttpRequest, HttpResponse

from config.logging.redaction import redact
from users.authentication.middleware import TokenRequest
from users.common import metrics
from users.common.request_record import RequestRecord, current_record, operation_name

logger = logging.getLogger("cybermed.request")

MAX_PATHS = 10


class LoggedRequest(TokenRequest):
    """A request after ``request_log_middleware``."""

    record: RequestRecord


def request_log_middleware(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Log method, route, status, operation name, duration, SQL statements and user of a request.

    JSON logs contain the route instead of the path, which can contain a secret, and the user's
    id instead of a name. Only ``LineFormatter``, the development console, prints the path.

    A failed request has one line too, with what failed: Django's own records about it are dropped
    by ``RedactRequestFilter``.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        record, started = RequestRecord(), time.perf_counter()
        cast("LoggedRequest", request).record = record
        token = current_record.set(record)
        operation_name.set("")  # a thread of gunicorn keeps that of its last request
        try:
            response = get_response(request)
        finally:
            current_record.reset(token)
        seconds = time.perf_counter() - started
        match = request.resolver_match
        route = str(match.route) if match else ""
        metrics.count_request(route, request.method, response.status_code, seconds)
        metrics.count_statements(route, record.statements, record.database_seconds)
        _log(cast("LoggedRequest", request), response.status_code, route, seconds)
        return response

    return middleware


def _log(request: LoggedRequest, status: int, route: str, seconds: float) -> None:
    record = request.record
    logger.log(
        _level(record, status),
        "request",
        exc_info=record.failures[0].error if record.failures else None,
        extra={
            "method": request.method,
            "path": redact(request.path),
            "route": route,
            "status": int(status),
            "operation": operation_name.get()[:100],
            "duration_ms": round(seconds * 1000, 1),
            "statements": record.statements,
            "database_ms": round(record.database_seconds * 1000, 1),
            "user_id": _user_id(request),
            **_problems(record),
        },
    )


def _level(record: RequestRecord, status: int) -> int:
    if status >= 500 or record.failures or record.outages:
        return logging.ERROR
    return logging.WARNING if status >= 400 else logging.INFO


def _problems(record: RequestRecord) -> dict[str, object]:
    """Return the fields of a request with errors; none of them if it has none."""
    paths = [failure.path for failure in record.failures if failure.path]
    fields = {
        "error_codes": sorted(set(record.error_codes)),
        "failed_at": paths[:MAX_PATHS],
        "outages": record.outages,
        "reason": record.reason,
    }
    return {name: value for name, value in fields.items() if value}


def _user_id(request: LoggedRequest) -> str:
    """Return the id of the access token's user, or of the admin user if the session is loaded."""
    token_user = getattr(request, "token_user", None)  # not set if the request was rejected before
    user = getattr(request, "_cached_user", None)
    if token_user is not None and token_user.subject:
        return str(token_user.subject)
    return str(user.pk) if user is not None and user.pk else ""
