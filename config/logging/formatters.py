"""Log formatters and filters that leave personal data and URLs out."""

import datetime as dt
import logging
import re
import traceback
from types import TracebackType
from typing import Any

from pythonjsonlogger.core import RESERVED_ATTRS
from pythonjsonlogger.json import JsonFormatter as BaseJsonFormatter

from users.common.database_errors import database_error_text
from users.common.request_record import RequestRecord, trace_id

FIELDS = ("asctime", "levelname", "name", "correlation_id", "trace_id", "message")
RENAMED = {
    "asctime": "at",
    "levelname": "level",
    "name": "logger",
    "correlation_id": "request_id",
}
# Django attaches the request to its records, and its text contains the full URL. The path is
# attached by request_log.py and can be any text that a client sends.
OMITTED = ("request", "path")
# Record attributes that the development console prints for each request, in this order.
# request_log.py sets them.
REQUEST_LINE = ("method", "path", "operation", "status")

ExceptionInfo = (
    tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]
)


class TraceIdFilter(logging.Filter):
    """Set ``trace_id``, "" outside of a request with a ``traceparent`` header."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.trace_id = trace_id.get()
        return True


class RedactRequestFilter(logging.Filter):
    """Drop Django's records about a request that has a log line of its own; keep their reason.

    Of other requests, remove the request from the record and replace the path in it by the route.
    A path can be the secret URL of a calendar, and a query string can contain any data.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        request = record.__dict__.pop("request", None)
        request_record = getattr(request, "record", None)
        if isinstance(request_record, RequestRecord):
            # The request's line has its status and its exception. This record would be a second.
            request_record.reason = request_record.reason or _security_reason(record)
            return False
        if record.name == "django.request" and isinstance(record.args, tuple):
            match = getattr(request, "resolver_match", None)
            route = match.route if match else "an unknown URL"
            record.args = (*record.args[:-1], route)
        return True


def _security_reason(record: logging.LogRecord) -> str:
    """Return why a request was rejected, from a record of ``django.security``; otherwise "".

    The name of the exception, or the reason of the CSRF check without the URL that it quotes.
    """
    if not record.name.startswith("django.security."):
        return ""
    kind = record.name.removeprefix("django.security.")
    if kind == "csrf" and isinstance(record.args, tuple) and record.args:
        return re.sub(r"\S+://\S+", "…", str(record.args[0]))
    return kind


class JsonFormatter(BaseJsonFormatter):
    """Format a record as one line of JSON. Of an exception it logs the type and the traceback.

    The exception's message is left out: a database error quotes the rejected row. The code and
    message of the database without it are added, see ``database_error_text()``.
    """

    def __init__(self) -> None:
        super().__init__(
            list(FIELDS), rename_fields=RENAMED, reserved_attrs=[*RESERVED_ATTRS, *OMITTED]
        )

    def add_fields(
        self,
        log_data: dict[str, Any],
        record: logging.LogRecord,
        message_dict: dict[str, Any],
    ) -> None:
        super().add_fields(log_data, record, message_dict)
        if record.exc_info and (text := database_error_text(record.exc_info[1])):
            log_data["database_code"] = text.code
            if text.message:
                log_data["database_message"] = text.message

    def formatTime(  # noqa: N802 - logging's name
        self,
        record: logging.LogRecord,
        datefmt: str | None = None,  # noqa: ARG002 - logging's signature
    ) -> str:
        """Return the time in UTC, as RFC 3339 writes it.

        Without the offset, lines of servers in different zones could not be ordered.
        """
        return dt.datetime.fromtimestamp(record.created, dt.UTC).isoformat(timespec="milliseconds")

    def formatException(self, ei: ExceptionInfo) -> str:  # noqa: N802 - logging's name
        kind, _error, trace = ei
        frames = "".join(traceback.format_tb(trace))
        return f"{frames}{kind.__name__ if kind else ''}"


class LineFormatter(logging.Formatter):
    """Format a record for the development console, a request as one line.

    For example ``12:30:00 INFO POST /graphql/ CreateAppointment 200 34.5 ms``.
    """

    def __init__(self) -> None:
        super().__init__(
            "%(asctime)s %(levelname)s %(name)s [%(correlation_id)s] %(message)s", "%H:%M:%S"
        )

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - logging's name
        values = record.__dict__
        if record.name == "cybermed.slow_query":
            return f"{super().formatMessage(record)}: {values['duration_ms']} ms {values['sql']}"
        if record.name != "cybermed.request":
            return super().formatMessage(record)
        line = [str(values[name]) for name in REQUEST_LINE]
        parts = [record.asctime, record.levelname, *filter(None, line)]
        notes = [values.get("reason"), *values.get("outages", ())]
        return " ".join([*parts, f"{values['duration_ms']} ms", *filter(None, notes)])
