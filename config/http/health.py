"""Health probes: liveness (``/healthz``) and readiness (``/readyz``)."""

import asyncio
import dataclasses
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from http import HTTPStatus
from typing import NamedTuple

from django.contrib.sessions.models import Session
from django.db import Error, close_old_connections, connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.utils.cache import add_never_cache_headers
from health_check.base import HealthCheck
from health_check.checks import Cache
from health_check.exceptions import ServiceUnavailable

from config import static_files
from users.common import task_queue


def liveness(request: HttpRequest) -> HttpResponse:  # noqa: ARG001 - the view signature
    """Respond 200 without checking the database or the cache."""
    response = JsonResponse({"status": "ok"})
    add_never_cache_headers(response)
    return response


# Runs the checks one after another, on a connection of its own that stays open: a burst of probes
# opens no further connections, and a probe does not wait for a connection of a request, or fail
# because the database accepts no further one.
probe_thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="readiness")


@cache
def _latest_migrations() -> frozenset[tuple[str, str]]:
    """Return the last migration of each app. Reading the files takes tens of milliseconds."""
    return frozenset(MigrationLoader(None).graph.leaf_nodes())


# The row that probes write: a session that has expired, which ``clearsessions`` removes.
PROBE_SESSION = "readiness-probe"
# More than a booking writes, which is 53 pages on SQLite. A smaller row would still fit into the
# space that the database's files have left on a full disk, when bookings no longer do.
PROBE_DATA = "x" * (64 * 4096)


@dataclasses.dataclass
class WritableDatabase(HealthCheck):
    """Readiness check that fails if nothing can be stored: on a standby, or if the disk is full."""

    def run(self) -> None:  # type: ignore[override]  # the library accepts sync and async
        values = {"session_data": PROBE_DATA, "expire_date": timezone.now()}
        try:
            # Without reading the former data.
            probes = Session.objects.defer("session_data")
            probes.update_or_create(session_key=PROBE_SESSION, defaults=values)
        except Error as error:
            raise ServiceUnavailable("nothing can be stored") from error  # type: ignore[no-untyped-call]  # the library's


@dataclasses.dataclass
class Migrations(HealthCheck):
    """Readiness check that fails while a migration is not applied."""

    def run(self) -> None:  # type: ignore[override]  # the library accepts sync and async
        missing = _latest_migrations() - MigrationRecorder(connection).applied_migrations().keys()
        if missing:
            raise ServiceUnavailable(  # type: ignore[no-untyped-call]  # the library's
                f"{len(missing)} apps have migrations that are not applied"
            )


@dataclasses.dataclass
class StaticFiles(HealthCheck):
    """Readiness check that fails if ``collectstatic`` had not run when this process started."""

    def run(self) -> None:  # type: ignore[override]  # the library accepts sync and async
        if static_files.loaded_manifest() == {}:
            raise ServiceUnavailable("static files were not collected")  # type: ignore[no-untyped-call]  # the library's


def queue_age() -> int | None:
    """Return how many seconds the oldest task has been waiting; None if the database is down."""
    try:
        return round(task_queue.oldest_waiting_age().total_seconds())
    except Error:
        return None


class QueueState(NamedTuple):
    """Seconds that the oldest task has been waiting, and the number of tasks by state."""

    age: float
    lengths: dict[str, int]


def queue_state() -> QueueState | None:
    """Return the state of the task queue; None if the database is down.

    Waits for the thread of the readiness probe, and uses its connection.
    """
    return probe_thread.submit(_read_queue).result()


def _read_queue() -> QueueState | None:
    _refresh_connection()
    try:
        age = task_queue.oldest_waiting_age().total_seconds()
        return QueueState(age, task_queue.queue_lengths())
    except Error:
        return None
    finally:
        _refresh_connection()


def _refresh_connection() -> None:
    """Close the connection if it was lost, or if connections do not persist (CONN_MAX_AGE).

    Otherwise it stays open, whatever its age.
    """
    if connection.settings_dict["CONN_MAX_AGE"] != 0:
        connection.close_at = None
    close_old_connections()


CHECKS = {
    "database": WritableDatabase(),
    "migrations": Migrations(),
    "cache": Cache(),
    "static": StaticFiles(),
}


async def readiness(request: HttpRequest) -> HttpResponse:  # noqa: ARG001 - the view signature
    """Respond 200 if every check passes, else 503. The reason for a failure is only logged.

    Without the cache no user can sign in, so the load balancer should use another server.

    The response includes the age of the task queue for alerts. It does not affect the status:
    booking works while emails are delayed.
    """
    loop = asyncio.get_running_loop()
    await loop.run_in_executor(probe_thread, _refresh_connection)
    results = await asyncio.gather(*(check.get_result(probe_thread) for check in CHECKS.values()))
    age = await loop.run_in_executor(probe_thread, queue_age)
    await loop.run_in_executor(probe_thread, _refresh_connection)
    failed = [result.error is not None for result in results]
    states = {
        name: "unavailable" if bad else "ok" for name, bad in zip(CHECKS, failed, strict=True)
    }
    response = JsonResponse(
        {**states, "queue_age_seconds": age},
        status=HTTPStatus.SERVICE_UNAVAILABLE if any(failed) else HTTPStatus.OK,
    )
    add_never_cache_headers(response)
    return response
