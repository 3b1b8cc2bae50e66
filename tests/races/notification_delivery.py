"""Queue workers that crash or run concurrently, and the emails that the mail server received.

As a command it runs one scenario and prints the numbers of notifications and emails as JSON.
"""

import asyncio
import datetime as dt
import json
import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Sequence

import time_machine
from aiosmtpd.smtp import SMTP, Envelope, Session
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.utils import timezone
from typing_extensions import override

from clinic import clock
from clinic.models import Appointment, Doctor, Notification, Patient
from clinic.notifications import reminders
from clinic.notifications.tasks import send_notification
from tests.support.booking import book_as_patient
from tests.support.fixtures.people import make_doctor, make_patient
from tests.support.fixtures.smtp_server import AnyPort, MailServer
from tests.support.task_worker import run_due_tasks
from users.common.task_queue import STALLED_AFTER, requeue_stalled_tasks

WORKERS = 2
CALL = "import django; django.setup(); from {module} import {name}; {name}()"
WORKER_OPTIONS = ("--batch", "--no-startup-delay")
WORKER = [sys.executable, "manage.py", "db_worker", *WORKER_OPTIONS]


def command_for(function: Callable[[], None]) -> list[str]:
    """Return the command that calls a function of this module in its own process."""
    call = CALL.format(module="tests.races.notification_delivery", name=function.__name__)
    return [sys.executable, "-c", call]


class InterruptingServer(MailServer):
    """A mail server that calls ``meanwhile`` once, after accepting an email, before responding."""

    def __init__(self) -> None:
        super().__init__()
        self.meanwhile: Callable[[], None] | None = None

    @override
    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        response = await super().handle_DATA(server, session, envelope)
        meanwhile, self.meanwhile = self.meanwhile, None
        if meanwhile:
            await asyncio.to_thread(meanwhile)
        return response


def main(arguments: Sequence[str]) -> None:
    [scenario] = arguments
    call_command("migrate", verbosity=0)
    server = InterruptingServer()
    controller = AnyPort(server)
    controller.start()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = controller.hostname, controller.port
    # For workers in their own processes.
    os.environ["EMAIL_URL"] = f"smtp://{controller.hostname}:{controller.port}"
    try:
        SCENARIOS[scenario](server)
    finally:
        controller.stop()
    emails = Counter((to[0], message["Message-ID"]) for to, message in server.received)
    print(  # noqa: T201 - the test reads it
        json.dumps(
            {
                "notifications": Notification.objects.count(),
                "unsent": Notification.objects.waiting().count(),
                "emails": len(emails),
                "duplicates": sum(emails.values()) - len(emails),
            }
        )
    )


def book_appointment() -> Appointment:
    ann, dora = Patient.objects.get(), Doctor.objects.get()
    return book_as_patient(ann, dora, clock.today() + dt.timedelta(days=3), dt.time(9))


def book_and_crash() -> None:
    book_appointment()
    os.kill(os.getpid(), signal.SIGKILL)


def work_without_claims() -> None:
    """Run a worker that ignores the claims of other workers: the negative control."""
    Notification.claim = lambda *_: True  # type: ignore[method-assign] # the guard under test
    call_command("db_worker", *WORKER_OPTIONS)


def worker_killed_before_mark_sent(server: InterruptingServer) -> None:
    """The worker dies after the mail server accepted an email, before it can mark it as sent."""
    create_people()
    book_appointment()
    worker = start_worker()
    server.meanwhile = worker.kill
    worker.wait()
    assert worker.returncode == -signal.SIGKILL, "the worker was not killed"
    requeue_and_run_tasks()


def booking_process_killed_after_commit(_server: InterruptingServer) -> None:
    create_people()
    booking = subprocess.run(command_for(book_and_crash), check=False)  # noqa: S603 - our own command
    assert booking.returncode == -signal.SIGKILL, "the booking process was not killed"
    requeue_and_run_tasks()


def reminders_enqueued_twice_with_two_workers(_server: InterruptingServer) -> None:
    """Nothing crashes: a reminder is due, and everything runs twice concurrently."""
    create_people()
    appointment = book_appointment()
    run_due_tasks()
    with time_machine.travel(appointment.starts_at - dt.timedelta(hours=12), tick=True):
        reminders.enqueue_due_reminders(clock.now())
        reminders.enqueue_due_reminders(clock.now())
    for worker in [start_worker() for _ in range(WORKERS)]:
        assert worker.wait() == 0


def two_workers_with_one_notification(
    server: InterruptingServer, worker: Sequence[str] = WORKER
) -> None:
    """While one worker sends an email, staff enqueue it again and another worker runs the task."""

    def send_again() -> None:
        for notification in Notification.objects.waiting():
            send_notification.enqueue(notification.pk)
        connection.close()
        assert start_worker(worker).wait() == 0

    create_people()
    book_appointment()
    server.meanwhile = send_again
    assert start_worker(worker).wait() == 0


def two_workers_without_claims(server: InterruptingServer) -> None:
    two_workers_with_one_notification(server, command_for(work_without_claims))


def create_people() -> None:
    """Create a patient and a doctor who works every day."""
    make_patient("Ann")
    dora = make_doctor("Dora")
    dora.working_hours.all().delete()
    for weekday in range(7):
        dora.working_hours.create(weekday=weekday, start_time=dt.time(9), end_time=dt.time(17))


def start_worker(command: Sequence[str] = WORKER) -> "subprocess.Popen[bytes]":
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "config.settings"}
    return subprocess.Popen(command, env=environment)  # noqa: S603 - our own command


def requeue_and_run_tasks() -> None:
    """Let the tasks of the dead process count as stalled, and run them."""
    with time_machine.travel(timezone.now() + STALLED_AFTER + dt.timedelta(minutes=1)):
        requeue_stalled_tasks()
        run_due_tasks()


SCENARIOS = {
    scenario.__name__: scenario
    for scenario in (
        worker_killed_before_mark_sent,
        booking_process_killed_after_commit,
        reminders_enqueued_twice_with_two_workers,
        two_workers_with_one_notification,
        two_workers_without_claims,
    )
}
