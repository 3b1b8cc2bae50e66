"""The queue of tasks: what development does at once, and what happens to a task that failed.

A task of django-tasks-db is tried once: an exception ends it as FAILED, and one
whose worker dies stays RUNNING for ever. Here both come back to the queue.
"""

import datetime as dt
from functools import partial
from typing import Any

from django.db import transaction
from django.db.models import Min, Q
from django.dispatch import receiver
from django.utils import timezone
from django_tasks import TaskResult, TaskResultStatus
from django_tasks.backends.immediate import ImmediateBackend
from django_tasks.signals import task_finished
from django_tasks_db.backend import DatabaseBackend
from django_tasks_db.models import DBTaskResult, DBTaskResultQuerySet, get_date_max

# Tried again after 1, 4, 16 and 64 minutes, and then every 4 hours: a day in all.
ATTEMPTS = 10
FIRST_PAUSE = dt.timedelta(minutes=1)
GREATEST_PAUSE = dt.timedelta(hours=4)
# Far longer than a task can take: no mail server is waited for longer than EMAIL_TIMEOUT.
STALLED_AFTER = dt.timedelta(minutes=15)


class AfterCommitBackend(ImmediateBackend):
    """For development: no worker; a task runs once the transaction stands, and not if it falls."""

    def _execute_task(self, task_result: TaskResult[Any]) -> None:
        transaction.on_commit(partial(super()._execute_task, task_result))


def pause_after(attempt: int) -> dt.timedelta:
    """How long a task waits that has failed for the ``attempt``-th time, counted from 1."""
    pause: dt.timedelta = min(FIRST_PAUSE * 4 ** (attempt - 1), GREATEST_PAUSE)
    return pause


@receiver(task_finished, sender=DatabaseBackend, dispatch_uid="retry_failed_task")
def retry_failed_task(*, task_result: TaskResult[Any], **_: Any) -> None:
    """Put a failed task back on the queue, to be run after a pause, unless it had its tries."""
    if task_result.status is TaskResultStatus.FAILED and task_result.attempts < ATTEMPTS:
        again_at = timezone.now() + pause_after(task_result.attempts)
        failed = DBTaskResult.objects.failed().filter(pk=task_result.id)
        failed.update(status=TaskResultStatus.READY, run_after=again_at)


def requeue_stalled_tasks() -> int:
    """Put back on the queue what died with its worker; return how many tasks.

    Such a task may have done its work just before: it runs once more.
    """
    now = timezone.now()
    again, spent = stalled_tasks(now)
    spent.running().update(status=TaskResultStatus.FAILED, finished_at=now)
    return again.update(status=TaskResultStatus.READY, run_after=now)


def stalled_tasks(now: dt.datetime) -> tuple[DBTaskResultQuerySet, DBTaskResultQuerySet]:
    """The tasks that died with their worker: those to run again, those that had their tries."""
    long_ago = now - STALLED_AFTER
    dead = DBTaskResult.objects.filter(
        Q(status=TaskResultStatus.RUNNING, started_at__lt=long_ago)
        # Killed after it had failed, and before try_again_later.
        | Q(status=TaskResultStatus.FAILED, finished_at__lt=long_ago)
    )
    tries = {task.pk: len(task.worker_ids) for task in dead.only("worker_ids")}
    spent = {pk for pk, attempts in tries.items() if attempts >= ATTEMPTS}
    return dead.filter(pk__in=tries.keys() - spent), dead.filter(pk__in=spent)


def oldest_waiting_age() -> dt.timedelta:
    """For how long the first of the tasks that could run has been waiting for a worker."""
    now = timezone.now()
    at_once = Q(run_after=get_date_max())
    oldest = DBTaskResult.objects.ready().aggregate(
        at_once=Min("enqueued_at", filter=at_once), later=Min("run_after", filter=~at_once)
    )
    return now - min((moment for moment in oldest.values() if moment), default=now)
