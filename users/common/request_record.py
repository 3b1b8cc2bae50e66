"""What is known about the request that is handled, for its log line and the metrics."""

import logging
import re
import uuid
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import NamedTuple

# As long as AccessRecord.request_id can be.
REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
# https://www.w3.org/TR/trace-context/#traceparent-header-field-values: later versions can append
# fields; version ff, and ids of zeros only, are invalid.
TRACEPARENT = re.compile(
    r"(?!ff)(?P<version>[0-9a-f]{2})-(?!0{32})(?P<trace_id>[0-9a-f]{32})-(?!0{16})[0-9a-f]{16}"
    r"-[0-9a-f]{2}(?P<more>-.*)?"
)


class Failure(NamedTuple):
    """An unexpected error of a field; ``path`` is that of the response, "" if it has none."""

    path: str
    error: BaseException


@dataclass(slots=True)
class RequestRecord:
    """What a request has done so far.

    ``error_codes`` are those of the GraphQL errors in its response. ``outages`` are texts about
    services that it could not use. ``reason`` is why Django rejected it: ``DisallowedHost``.
    """

    statements: int = 0
    database_seconds: float = 0.0
    error_codes: list[str] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
    outages: list[str] = field(default_factory=list)
    reason: str = ""


# None outside of HTTP requests: in WebSockets, tasks and commands.
current_record: ContextVar[RequestRecord | None] = ContextVar("current_record", default=None)
# The name of the GraphQL operation; "" until its document is parsed.
operation_name: ContextVar[str] = ContextVar("operation_name", default="")
# The trace id of the request or WebSocket; "" if the client sent none.
trace_id: ContextVar[str] = ContextVar("trace_id", default="")


def accepted_request_id(header: str | None) -> str:
    """Return the ``X-Request-ID`` of a client, or a new ID if it sent none or an unusual one."""
    return header if header and REQUEST_ID.fullmatch(header) else uuid.uuid4().hex


def parse_trace_id(header: str | None) -> str:
    """Return the trace id of a ``traceparent`` header; "" if it is missing or invalid."""
    found = TRACEPARENT.fullmatch(header or "")
    if found is None or (found["version"] == "00" and found["more"]):
        return ""
    return found["trace_id"]


def report_outage(logger: logging.Logger, text: str) -> None:
    """Add ``text`` to the log line of the request; outside of one, log it.

    ``text`` must not contain personal data. Several outages of one request are one line.
    """
    record = current_record.get()
    if record is None:
        logger.error("%s", text)
    elif text not in record.outages:
        record.outages.append(text)
