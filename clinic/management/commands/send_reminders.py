"""Enqueue due reminders and digests, cancel unanswered requests, and requeue stalled tasks."""

import signal
import threading
from types import FrameType
from typing import Any, NamedTuple

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import close_old_connections
from django.utils import timezone
from typing_extensions import override

from clinic import clock, time_zone
from clinic.booking import lapses
from clinic.notifications import coming_of_age, digests, reminders
from clinic.notifications.recipients import recipients_of_reminder
from users.common import task_queue


class Work(NamedTuple):
    """How much one run does, or would do."""

    unanswered_requests: int
    reminders: int
    digests: int
    guardians: int
    tasks: int

    @override
    def __str__(self) -> str:
        return (
            f"{_count(self.unanswered_requests, 'unanswered request')} cancelled, "
            f"{_count(self.reminders, 'reminder')} and {_count(self.digests, 'digest')} enqueued, "
            f"{_count(self.guardians, 'guardian')} notified of a patient's age, "
            f"{_count(self.tasks, 'task')} requeued"
        )


class Command(BaseCommand):
    help = (
        "Enqueue the reminders and digests that are due, cancel the requests that were not "
        "answered within ANSWER_DAYS, notify the guardians of patients who are of age "
        "(DEPENDANT_AGE_LIMIT), and requeue tasks whose worker has died. "
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
        if every is not None and every < 1:
            raise CommandError("--every must be 1 or more.")
        if change := time_zone.find_change():
            # Reminders would be sent at other times, and name them.
            raise CommandError(f"TIME_ZONE was changed: {change}.")
        if dry_run:
            self.stdout.write(f"Would be done: {_planned()}.")
            return
        if every is None:
            self._once()
            return
        stopped = _stop_on_signal()
        while not stopped.is_set():
            close_old_connections()
            self._once()
            stopped.wait(every)

    def _once(self) -> None:
        # First, because a request that lapses gets no reminder.
        lapsed = lapses.lapse_unanswered_requests(clock.now())
        done = Work(
            unanswered_requests=lapsed,
            reminders=reminders.enqueue_due_reminders(clock.now()),
            digests=digests.enqueue_due_digests(clock.now()),
            guardians=coming_of_age.enqueue_due_notifications(clock.now()),
            tasks=task_queue.requeue_stalled_tasks(),
        )
        self.stdout.write(f"Done: {done}.")


def _planned() -> Work:
    now = clock.now()
    unanswered = lapses.unanswered_requests(now)
    lapsing = {appointment.pk for appointment in unanswered}
    return Work(
        unanswered_requests=len(unanswered),
        reminders=sum(
            len(recipients_of_reminder(appointment))
            for appointment in reminders.appointments_due_for_reminder(now)
            if appointment.pk not in lapsing
        ),
        digests=len(digests.recipients_due(now)),
        guardians=coming_of_age.guardians_due(now).count(),
        tasks=task_queue.stalled_tasks(timezone.now()).retryable.count(),
    )


def _count(number: int, noun: str) -> str:
    """Return a number with its noun, such as ``1 task`` or ``2 tasks``."""
    return f"{number} {noun if number == 1 else f'{noun}s'}"


def _stop_on_signal() -> threading.Event:
    """Return an event that SIGINT and SIGTERM set, so that the current run can finish."""
    stopped = threading.Event()

    def stop(_number: int, _frame: FrameType | None) -> None:
        stopped.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    return stopped
