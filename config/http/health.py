"""Health probes: liveness (``/healthz``) and readiness (``/readyz``)."""

import asyncio
import dataclasses
from http import HTTPStatus

from asgiref.sync import sync_to_async
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.cache import add_never_cache_headers
from health_check.base import HealthCheck
from health_check.checks import Cache, Database
from health_check.exceptions import ServiceUnavailable

from users.common import task_queue


def liveness(request: HttpRequest) -> HttpResponse:  # noqa: ARG001 - the view signature
    """Respond 200 without checking the database or the cache."""
    response = JsonResponse({"status": "ok"})
    add_never_cache_headers(response)
    return response


@dataclasses.dataclass
class Migrations(HealthCheck):
    """Readiness check that fails while a migration is not applied."""

    def run(self) -> None:  # type: ignore[override]  # the library accepts sync and async
        try:
            executor = MigrationExecutor(connection)
            plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
        finally:
            # The check runs in its own thread, whose connection would otherwise stay open.
            connection.close()
        if plan:
            raise ServiceUnavailable(  # type: ignore[no-untyped-call]  # the library's
                f"{len(plan)} migrations are not applied"
            )


def queue_age() -> int | None:
    """Return how many seconds the oldest task has been waiting; None if the database is down."""
    try:
        return round(task_queue.oldest_waiting_age().total_seconds())
    except DatabaseError:
        return None


CHECKS = {"database": Database(), "migrations": Migrations(), "cache": Cache()}


async def readiness(request: HttpRequest) -> HttpResponse:  # noqa: ARG001 - the view signature
    """Respond 200 if every check passes, else 503. The reason for a failure is only logged.

    Without the cache no user can sign in, so the load balancer should use another server.

    The response includes the age of the task queue for alerts. It does not affect the status:
    booking works while emails are delayed.
    """
    results = await asyncio.gather(*(check.get_result() for check in CHECKS.values()))
    failed = [result.error is not None for result in results]
    states = {
        name: "unavailable" if bad else "ok" for name, bad in zip(CHECKS, failed, strict=True)
    }
    response = JsonResponse(
        {**states, "queue_age_seconds": await sync_to_async(queue_age)()},
        status=HTTPStatus.SERVICE_UNAVAILABLE if any(failed) else HTTPStatus.OK,
    )
    add_never_cache_headers(response)
    return response
