"""The background task worker of ``manage.py db_worker``, run until the queue is empty."""

import datetime as dt
from unittest.mock import patch

from django_tasks_db.management.commands.db_worker import Worker
from django_tasks_db.models import DBTaskResult
from time_machine import Traveller


def run_due_tasks(*, max_tasks: int | None = None) -> None:
    """Run all tasks that are due, or at most ``max_tasks``.

    Tasks that were enqueued at the same moment run in any order.
    """
    worker = Worker(
        queue_names=["default"],
        interval=0,
        batch=True,
        backend_name="default",
        startup_delay=False,
        max_tasks=max_tasks,
        worker_id="test",
        excluded_queue_names=[],
    )
    # The worker closes old connections. That would end the test's transaction.
    with patch("django_tasks_db.management.commands.db_worker.close_old_connections"):
        worker.run()


def run_due_tasks_in_order(clock: Traveller) -> None:
    """Run all tasks that are due, each at a moment of its own.

    The tasks that one of them enqueues run in the order of those that enqueued them.
    """
    while DBTaskResult.objects.ready().exists():
        run_due_tasks(max_tasks=1)
        clock.shift(dt.timedelta(milliseconds=1))


def queue() -> list[tuple[str, str, int]]:
    """Return name, status and number of attempts of each task, oldest first."""
    return [
        (task.task_name, task.status, len(task.worker_ids))
        for task in DBTaskResult.objects.order_by("enqueued_at")
    ]
