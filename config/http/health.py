"""For whoever runs the server: is it alive, and is it ready for requests?"""

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


def alive(request: HttpRequest) -> HttpResponse:  # noqa: ARG001 - a view is given it
    """The process answers; nothing it depends on is asked."""
    response = JsonResponse({"status": "ok"})
    add_never_cache_headers(response)
    return response


@dataclasses.dataclass
class Migrations(HealthCheck):
    """Whether the database has every table and column the code expects."""

    def run(self) -> None:  # type: ignore[override]  # the library allows either colour
        try:
            executor = MigrationExecutor(connection)
            plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
        finally:
            # This runs in a thread of its own, whose connection nobody else would close.
            connection.close()
        if plan:
            raise ServiceUnavailable(  # type: ignore[no-untyped-call]  # the library's
                f"{len(plan)} migrations are not applied"
            )


def queue_age() -> int | None:
    """Whole seconds for which a task has been waiting for a worker; None if nobody can tell."""
    try:
        return round(task_queue.oldest_waiting_age().total_seconds())
    except DatabaseError:
        return None


CHECKS = {"database": Database(), "migrations": Migrations(), "cache": Cache()}


async def ready(request: HttpRequest) -> HttpResponse:  # noqa: ARG001 - a view is given it
    """200 when every check passes, else 503. Which one, is told; why, goes to the log only.

    Without the cache nobody can sign in, which is worth another server's answer. If it is
    away for all of them, see "Behind a balancer" in README.md.

    The queue's age is told as well, for an alarm, and takes nobody out of service:
    whoever waits for a mail can still book.
    """
    results = await asyncio.gather(*(check.get_result() for check in CHECKS.values()))
    failed = [result.error is not None for result in results]
    told = {name: "unavailable" if bad else "ok" for name, bad in zip(CHECKS, failed, strict=True)}
    response = JsonResponse(
        {**told, "queue_age_seconds": await sync_to_async(queue_age)()},
        status=HTTPStatus.SERVICE_UNAVAILABLE if any(failed) else HTTPStatus.OK,
    )
    add_never_cache_headers(response)
    return response
