"""Task queue: immediate tasks in development, retries of failed and stalled tasks.

django-tasks-db runs a task once: an exception ends it as FAILED, and a task whose worker
was killed stays RUNNING for ever. This module puts both back on the queue.
"""

import datetime as dt
from functools import partial
from typing import Any, NamedTuple

from django.db import transaction
from django.db.models import Count, Min, Q
from django.dispatch import receiver
from django.utils import timezone
from django_tasks import TaskResult, TaskResultStatus
from django_tasks.backends.immediate import ImmediateBackend
from django_tasks.signals import task_finished
from django_tasks_db.backend import DatabaseBackend
from django_tasks_db.models import DBTaskResult, DBTaskResultQuerySet, get_date_max

# Retried after 1, 4, 16 and 64 minutes, then every 4 hours: for about a day in all.
ATTEMPTS = 10
FIRST_PAUSE = dt.timedelta(minutes=1)
GREATEST_PAUSE = dt.timedelta(hours=4)
# Much longer than any task takes: a connection to the SMTP server times out after EMAIL_TIMEOUT.
STALLED_AFTER = dt.timedelta(minutes=15)


class AfterCommitBackend(ImmediateBackend):
    """Development backend without worker: runs tasks after commit; discards them on rollback."""

    def _execute_task(self, task_result: TaskResult[Any]) -> None:
        transaction.on_commit(partial(super()._execute_task, task_result))


class StalledTasks(NamedTuple):
    """Tasks whose worker was killed while it ran them."""

    retryable: DBTaskResultQuerySet
    exhausted: DBTaskResultQuerySet  # already run ``ATTEMPTS`` times


def pause_after(attempt: int) -> dt.timedelta:
    """Return how long to wait after the failure of an attempt. The first attempt is 1."""
    pause: dt.timedelta = min(FIRST_PAUSE * 4 ** (attempt - 1), GREATEST_PAUSE)
    return pause


@receiver(task_finished, sender=DatabaseBackend, dispatch_uid="retry_failed_task")
def retry_failed_task(*, task_result: TaskResult[Any], **_: Any) -> None:
    """Put a failed task back on the queue after a pause, at most ``ATTEMPTS`` times."""
    if task_result.status is TaskResultStatus.FAILED and task_result.attempts < ATTEMPTS:
        run_after = timezone.now() + pause_after(task_result.attempts)
        failed = DBTaskResult.objects.failed().filter(pk=task_result.id)
        failed.update(status=TaskResultStatus.READY, run_after=run_after)


def requeue_stalled_tasks() -> int:
    """Put stalled tasks back on the queue; return how many.

    A task whose worker was killed just after the work was done runs once more.
    """
    now = timezone.now()
    stalled = stalled_tasks(now)
    stalled.exhausted.running().update(status=TaskResultStatus.FAILED, finished_at=now)
    return stalled.retryable.update(status=TaskResultStatus.READY, run_after=now)


def stalled_tasks(now: dt.datetime) -> StalledTasks:
    """Return the tasks that started or failed more than ``STALLED_AFTER`` before ``now`` (UTC)."""
    stalled_since = now - STALLED_AFTER
    stalled = DBTaskResult.objects.filter(
        Q(status=TaskResultStatus.RUNNING, started_at__lt=stalled_since)
        # The worker was killed between the failure and retry_failed_task.
        | Q(status=TaskResultStatus.FAILED, finished_at__lt=stalled_since)
    )
    attempts = {task.pk: len(task.worker_ids) for task in stalled.only("worker_ids")}
    exhausted = {pk for pk, count in attempts.items() if count >= ATTEMPTS}
    return StalledTasks(
        retryable=stalled.filter(pk__in=attempts.keys() - exhausted),
        exhausted=stalled.filter(pk__in=exhausted),
    )


def oldest_waiting_age() -> dt.timedelta:
    """Return how long the oldest runnable task has been waiting for a worker; 0 if none."""
    now = timezone.now()
    immediate = Q(run_after=get_date_max())
    oldest = DBTaskResult.objects.ready().aggregate(
        immediate=Min("enqueued_at", filter=immediate), delayed=Min("run_after", filter=~immediate)
    )
    return now - min((moment for moment in oldest.values() if moment), default=now)


def queue_lengths() -> dict[str, int]:
    """Return the number of tasks by state.

    ``waiting`` for a worker, ``delayed`` until a later attempt, ``running``, and ``failed`` for
    good or just before ``requeue_stalled_tasks()``. One query.
    """
    states = TaskResultStatus
    ready = Q(status=states.READY)
    is_due = Q(run_after=get_date_max()) | Q(run_after__lte=timezone.now())
    counts: dict[str, int] = DBTaskResult.objects.exclude(status=states.SUCCESSFUL).aggregate(
        waiting=Count("pk", filter=ready & is_due),
        delayed=Count("pk", filter=ready & ~is_due),
        running=Count("pk", filter=Q(status=states.RUNNING)),
        failed=Count("pk", filter=Q(status=states.FAILED)),
    )
    return counts
