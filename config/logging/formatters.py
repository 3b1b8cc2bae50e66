"""Log formatters and filters that leave personal data and URLs out."""

import logging
import traceback
from types import TracebackType

from pythonjsonlogger.core import RESERVED_ATTRS
from pythonjsonlogger.json import JsonFormatter as BaseJsonFormatter

FIELDS = ("asctime", "levelname", "name", "correlation_id", "message")
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


class RedactRequestFilter(logging.Filter):
    """Remove the request from Django's records and replace the path in them by the route.

    A path can be the secret URL of a calendar, and a query string can contain any data.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        request = record.__dict__.pop("request", None)
        if record.name == "django.request" and isinstance(record.args, tuple):
            match = getattr(request, "resolver_match", None)
            route = match.route if match else "an unknown URL"
            record.args = (*record.args[:-1], route)
        return True


class JsonFormatter(BaseJsonFormatter):
    """Format a record as one line of JSON. Of an exception it logs the type and the traceback.

    The exception's message is left out: a database error quotes the rejected row.
    """

    def __init__(self) -> None:
        super().__init__(
            list(FIELDS), rename_fields=RENAMED, reserved_attrs=[*RESERVED_ATTRS, *OMITTED]
        )

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
        if record.name != "cybermed.request":
            return super().formatMessage(record)
        values = [str(getattr(record, name)) for name in REQUEST_LINE]
        parts = [record.asctime, record.levelname, *filter(None, values)]
        return f"{' '.join(parts)} {record.__dict__['duration_ms']} ms"
