"""Enqueue due reminders and digests, and requeue tasks whose worker has died."""

import signal
import threading
from types import FrameType
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import close_old_connections
from django.utils import timezone

from clinic import clock
from clinic.notifications import digests, reminders
from users.common import task_queue


class Command(BaseCommand):
    help = (
        "Enqueue the reminders and digests that are due, and requeue tasks whose worker has died. "
        "Intended to run every few minutes, from cron or with --every; several processes can run "
        "it at once. `db_worker` sends the enqueued emails."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--every",
            type=int,
            metavar="SECONDS",
            help="repeat with this pause until stopped",
        )
        parser.add_argument(
            "--dry-run",
            action="store_true",
            help="report once what would be done, without doing it",
        )

    def handle(self, *, every: int | None, dry_run: bool, **_options: Any) -> None:
        if dry_run:
            due = reminders.appointments_due_for_reminder(clock.now())
            stalled = task_queue.stalled_tasks(timezone.now())
            self.stdout.write(
                f"Would enqueue {len(due)} reminders and requeue {stalled.retryable.count()} tasks."
            )
            return
        if every is None:
            self._once()
            return
        if every < 1:
            raise CommandError("--every must be 1 or more.")
        stopped = _stop_on_signal()
        while not stopped.is_set():
            close_old_connections()
            self._once()
            stopped.wait(every)

    def _once(self) -> None:
        enqueued = reminders.enqueue_due_reminders(clock.now())
        digests.enqueue_due_digests(clock.now())
        requeued = task_queue.requeue_stalled_tasks()
        self.stdout.write(f"Enqueued {enqueued} reminders, requeued {requeued} tasks.")


def _stop_on_signal() -> threading.Event:
    """Return an event that SIGINT and SIGTERM set, so that the current run can finish."""
    stopped = threading.Event()

    def stop(_number: int, _frame: FrameType | None) -> None:
        stopped.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    return stopped
