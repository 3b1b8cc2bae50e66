"""Log lines without what is in a record, or in an address."""

import logging
import traceback
from types import TracebackType

from pythonjsonlogger.core import RESERVED_ATTRS
from pythonjsonlogger.json import JsonFormatter as StockJsonFormatter

FIELDS = ("asctime", "levelname", "name", "correlation_id", "message")
RENAMED = {
    "asctime": "at",
    "levelname": "level",
    "name": "logger",
    "correlation_id": "request_id",
}
# Django hangs the request itself on its records; printed, it tells the whole address.
REQUEST = "request"

ExceptionInfo = (
    tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]
)


class WithoutAddresses(logging.Filter):
    """Takes the request out of Django's own lines, and names its route instead of its path.

    A path may be somebody's secret calendar, and a query string may say anything.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        request = record.__dict__.pop("request", None)
        if record.name == "django.request" and isinstance(record.args, tuple):
            match = getattr(request, "resolver_match", None)
            route = match.route if match else "an unknown address"
            record.args = (*record.args[:-1], route)
        return True


class JsonFormatter(StockJsonFormatter):
    """One JSON object a line. Of an exception, its kind and where it was raised.

    Not its words: a database quotes the row it refuses.
    """

    def __init__(self) -> None:
        super().__init__(
            list(FIELDS), rename_fields=RENAMED, reserved_attrs=[*RESERVED_ATTRS, REQUEST]
        )

    def formatException(self, ei: ExceptionInfo) -> str:  # noqa: N802 - logging's name
        kind, _error, trace = ei
        frames = "".join(traceback.format_tb(trace))
        return f"{frames}{kind.__name__ if kind else ''}"
