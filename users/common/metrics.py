"""Prometheus metrics of what the server does. docs/operations/monitoring.md lists them.

No value of a label is a person's data, and each label has a limited number of values: routes
instead of paths, codes instead of messages, and at most ``MAX_OPERATION_NAMES`` operation names.
"""

import threading
from functools import cache
from typing import Any, Literal

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    disable_created_metrics,
)

# Otherwise each counter has a second series, with the time at which it was created.
disable_created_metrics()  # type: ignore[no-untyped-call]  # the library's
REGISTRY = CollectorRegistry()
ProcessCollector(registry=REGISTRY)

MAX_OPERATION_NAMES = 100
MAX_NAME_LENGTH = 64
OTHER = "other"
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
DATABASE_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 30)
STATEMENTS = (0, 1, 2, 5, 10, 20, 50, 100)

# Each has a label: with PROMETHEUS_MULTIPROC_DIR a metric without one makes files in every process
# that imports this module, also in each management command.
REQUESTS = Counter(
    "cybermed_http_requests",
    "HTTP requests that were answered.",
    ["route", "method", "status"],
    registry=REGISTRY,
)
REQUEST_SECONDS = Histogram(
    "cybermed_http_request_duration_seconds",
    "Time from the first middleware to the response.",
    ["route", "method"],
    buckets=SECONDS,
    registry=REGISTRY,
)
REQUEST_STATEMENTS = Histogram(
    "cybermed_http_request_statements",
    "SQL statements of a request.",
    ["route"],
    buckets=STATEMENTS,
    registry=REGISTRY,
)
REQUEST_DATABASE_SECONDS = Histogram(
    "cybermed_http_request_database_seconds",
    "Time that the SQL statements of a request took.",
    ["route"],
    buckets=DATABASE_SECONDS,
    registry=REGISTRY,
)
OPERATIONS = Counter(
    "cybermed_operations",
    "GraphQL operations over HTTP by name and outcome: ok, rejected or error.",
    ["operation", "outcome"],
    registry=REGISTRY,
)
ERRORS = Counter(
    "cybermed_graphql_errors",
    "Errors in GraphQL responses and in WebSocket messages by extensions.code.",
    ["code"],
    registry=REGISTRY,
)
BOOKINGS = Counter(
    "cybermed_bookings",
    "Attempts to book or reschedule: booked, rescheduled, repeated, or the code of the error.",
    ["action", "outcome"],
    registry=REGISTRY,
)
RACES = Counter(
    "cybermed_races_lost",
    "Changes that a unique constraint rejected because a concurrent one came first.",
    ["resource"],
    registry=REGISTRY,
)
RETRIES = Counter(
    "cybermed_transaction_retries",
    "Transactions that were run again or given up after a deadlock or another contention.",
    ["outcome"],
    registry=REGISTRY,
)
OPEN_CONNECTIONS = Gauge(
    "cybermed_websocket_open",
    "Open WebSocket connections, and the subscriptions on them.",
    ["kind"],
    multiprocess_mode="livesum",
    registry=REGISTRY,
)
LIVE_UPDATES = Counter(
    "cybermed_live_updates",
    "Changes for WebSockets by outcome: published, failed or dropped.",
    ["outcome"],
    registry=REGISTRY,
)
EMAILS = Counter(
    "cybermed_emails",
    "Attempts to send an email by outcome.",
    ["outcome"],
    registry=REGISTRY,
)
SLOW_STATEMENTS = Counter(
    "cybermed_slow_statements",
    "SQL statements slower than SLOW_QUERY_MILLISECONDS.",
    ["source"],
    registry=REGISTRY,
)

Outcome = Literal["ok", "rejected", "error"]


@cache
def _series(metric: Any, *labels: str) -> Any:
    """Return the series with these labels. ``labels()`` would take a lock and format them."""
    return metric.labels(*labels)


class OperationNames:
    """The first operation names that were executed without an error, at most ``limit``."""

    def __init__(self, limit: int) -> None:
        self._limit, self._known = limit, frozenset[str]()
        self._lock = threading.Lock()

    def label(self, name: str, *, learn: bool) -> str:
        """Return ``name`` if it is known, or if ``learn`` and there is room; else ``other``."""
        if name in self._known:
            return name
        if not learn or not name or len(name) > MAX_NAME_LENGTH:
            return OTHER
        with self._lock:
            if name not in self._known and len(self._known) < self._limit:
                self._known |= {name}
        return name if name in self._known else OTHER


_operation_names = OperationNames(MAX_OPERATION_NAMES)


def count_request(route: str, method: str | None, status: int, seconds: float) -> None:
    """Count a response. ``route`` is the pattern of the URL, "" if there is none."""
    known_method = method if method in METHODS else OTHER
    _series(REQUESTS, route, known_method, str(int(status))).inc()
    _series(REQUEST_SECONDS, route, known_method).observe(seconds)


def count_unhandled(method: str | None, status: int, code: str) -> None:
    """Count a request that was answered with an error before any middleware has run."""
    _series(REQUESTS, "", method if method in METHODS else OTHER, str(int(status))).inc()
    count_error(code)


def count_statements(route: str, statements: int, seconds: float) -> None:
    """Count the SQL statements of one request, which took ``seconds`` together."""
    _series(REQUEST_STATEMENTS, route).observe(statements)
    _series(REQUEST_DATABASE_SECONDS, route).observe(seconds)


def count_operation(name: str, outcome: Outcome) -> None:
    """Count an operation. ``name`` can be any text of a client; "" if it is not known."""
    label = _operation_names.label(name, learn=outcome == "ok")
    _series(OPERATIONS, label, outcome).inc()


def count_error(code: str) -> None:
    """Count an error with the value of ``extensions.code``."""
    _series(ERRORS, code).inc()


def count_booking(action: Literal["book", "reschedule"], outcome: str) -> None:
    """Count an attempt to book or reschedule. ``outcome`` must be a code, not a text."""
    _series(BOOKINGS, action, outcome).inc()


def count_race(resource: Literal["appointment", "email_address"]) -> None:
    """Count a change that lost against a concurrent one."""
    _series(RACES, resource).inc()


def count_retry(outcome: Literal["repeated", "given_up"]) -> None:
    """Count a transaction that met a contention."""
    _series(RETRIES, outcome).inc()


def count_live_update(outcome: Literal["published", "failed", "dropped"]) -> None:
    """Count a change that was to be published to WebSockets."""
    _series(LIVE_UPDATES, outcome).inc()


def count_email(outcome: str) -> None:
    """Count an attempt to send an email. ``outcome`` must not name the recipient."""
    _series(EMAILS, outcome).inc()


def count_slow_statement(source: Literal["request", "other"]) -> None:
    """Count a statement that was logged as slow."""
    _series(SLOW_STATEMENTS, source).inc()


def count_open(kind: Literal["connection", "subscription"], change: int) -> None:
    """Add ``change``, 1 or -1, to the open WebSocket connections or subscriptions."""
    _series(OPEN_CONNECTIONS, kind).inc(change)
