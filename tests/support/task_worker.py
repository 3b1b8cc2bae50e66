"""The background task worker of ``manage.py db_worker``, run until the queue is empty."""

from unittest.mock import patch

from django_tasks_db.management.commands.db_worker import Worker
from django_tasks_db.models import DBTaskResult


def run_due_tasks() -> None:
    """Run all tasks that are due."""
    worker = Worker(
        queue_names=["default"],
        interval=0,
        batch=True,
        backend_name="default",
        startup_delay=False,
        max_tasks=None,
        worker_id="test",
        excluded_queue_names=[],
    )
    # The worker closes old connections. That would end the test's transaction.
    with patch("django_tasks_db.management.commands.db_worker.close_old_connections"):
        worker.run()


def queue() -> list[tuple[str, str, int]]:
    """Return name, status and number of attempts of each task, oldest first."""
    return [
        (task.task_name, task.status, len(task.worker_ids))
        for task in DBTaskResult.objects.order_by("enqueued_at")
    ]
