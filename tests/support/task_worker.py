"""The worker of the queue, as ``manage.py db_worker`` runs it, until the queue is empty."""

from unittest.mock import patch

from django_tasks_db.management.commands.db_worker import Worker
from django_tasks_db.models import DBTaskResult


def work_off() -> None:
    """Run every task that is due."""
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
    # It would close the connection that holds the test's transaction, as a request
    # would, were it not for Django's test client.
    with patch("django_tasks_db.management.commands.db_worker.close_old_connections"):
        worker.run()


def queue() -> list[tuple[str, str, int]]:
    """Name, status and number of tries of each task, the oldest first."""
    return [
        (task.task_name, task.status, len(task.worker_ids))
        for task in DBTaskResult.objects.order_by("enqueued_at")
    ]
