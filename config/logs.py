"""Log lines as JSON, without what is in a record."""

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
