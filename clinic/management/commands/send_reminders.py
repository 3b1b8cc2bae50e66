"""Keep the queue going: what is due is put on it, and what a dead worker held comes back to it."""

import signal
import threading
from types import FrameType
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import close_old_connections
from django.utils import timezone

from clinic import clock
from clinic.notifications import reminders
from users.common import task_queue


class Command(BaseCommand):
    help = (
        "Put the reminders that are due on the queue, and give back to it what a dead worker "
        "held. Meant to run every few minutes, from cron or with --every; as many at once as "
        "you like. `db_worker` sends what is on the queue."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--every",
            type=int,
            metavar="SECONDS",
            help="go on until stopped, and do it again after so many seconds",
        )
        parser.add_argument(
            "--dry-run", action="store_true", help="say once what would be done, and do nothing"
        )

    def handle(self, *, every: int | None, dry_run: bool, **_options: Any) -> None:
        if dry_run:
            due, stalled = (
                reminders.appointments_due_for_reminder(clock.now()),
                task_queue.stalled_tasks(timezone.now()),
            )
            self.stdout.write(
                f"{len(due)} reminders would be put on the queue, "
                f"{stalled.retryable.count()} tasks given back."
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
        owed, given_back = (
            reminders.enqueue_due_reminders(clock.now()),
            task_queue.requeue_stalled_tasks(),
        )
        self.stdout.write(f"{owed} reminders put on the queue, {given_back} tasks given back.")


def _stop_on_signal() -> threading.Event:
    """Set when the process is asked to end; what it is at is finished first."""
    stopped = threading.Event()

    def stop(_number: int, _frame: FrameType | None) -> None:
        stopped.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    return stopped
