"""Workers of the queue that die or meet, and what the mailboxes hold in the end.

``crash_between_send_and_mark`` kills the worker once the mail server has the letter
and before the worker can know; ``crash_after_commit`` kills the process that booked.
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
from tests.support.task_worker import work_off
from users.common.task_queue import STALLED_AFTER, requeue_stalled_tasks

WORKERS = 2
KILL_AFTER_BOOKING = (
    "import os, signal, django; django.setup();"
    "from tests.races.mail_crash import book_some_visit; book_some_visit();"
    "os.kill(os.getpid(), signal.SIGKILL)"
)
WORK = [sys.executable, "manage.py", "db_worker", "--batch", "--no-startup-delay"]
UNGUARDED = (
    "import django; django.setup();"
    "from django.core.management import call_command; from clinic.models import Notice;"
    "Notice.begin_sending = lambda *_: True;"
    "call_command('db_worker', '--batch', '--no-startup-delay')"
)
WORK_UNGUARDED = [sys.executable, "-c", UNGUARDED]


class SlowServer(MailServer):
    """Takes a letter, and before its answer is on the way lets something happen, once."""

    def __init__(self) -> None:
        super().__init__()
        self.meanwhile: Callable[[], None] | None = None

    @override
    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        answer = await super().handle_DATA(server, session, envelope)
        happens, self.meanwhile = self.meanwhile, None
        if happens:
            await asyncio.to_thread(happens)
        return answer


def main(arguments: Sequence[str]) -> None:
    """Print what each drill left behind, as JSON."""
    [drill] = arguments
    call_command("migrate", verbosity=0)
    server = SlowServer()
    controller = AnyPort(server)
    controller.start()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = controller.hostname, controller.port
    # What workers are told, which are processes of their own.
    os.environ["EMAIL_URL"] = f"smtp://{controller.hostname}:{controller.port}"
    try:
        DRILLS[drill](server)
    finally:
        controller.stop()
    mails = Counter((to[0], message["Message-ID"]) for to, message in server.taken)
    print(  # noqa: T201 - what the test reads
        json.dumps(
            {
                "owed": Notification.objects.count(),
                "unsent": Notification.objects.waiting().count(),
                "letters": len(mails),
                "duplicates": sum(mails.values()) - len(mails),
            }
        )
    )


def book_some_visit() -> Appointment:
    ann, dora = Patient.objects.get(), Doctor.objects.get()
    return book_as_patient(ann, dora, clock.today() + dt.timedelta(days=3), dt.time(9))


def crash_between_send_and_mark(server: SlowServer) -> None:
    make_everybody()
    book_some_visit()
    killed = start_worker()
    server.meanwhile = killed.kill
    killed.wait()
    assert killed.returncode == -signal.SIGKILL, "the worker was to be killed"
    time_passes_and_others_go_on()


def crash_after_commit(_server: SlowServer) -> None:
    make_everybody()
    booking = subprocess.run([sys.executable, "-c", KILL_AFTER_BOOKING], check=False)  # noqa: S603 - our own
    assert booking.returncode == -signal.SIGKILL, "the booking process was to be killed"
    time_passes_and_others_go_on()


def two_workers_and_two_sweeps(_server: SlowServer) -> None:
    """Nobody dies: the reminder is due, and everything runs twice at once."""
    make_everybody()
    visit = book_some_visit()
    work_off()
    with time_machine.travel(visit.starts_at - dt.timedelta(hours=12), tick=True):
        reminders.enqueue_due_reminders(clock.now())
        reminders.enqueue_due_reminders(clock.now())
    for worker in [start_worker() for _ in range(WORKERS)]:
        assert worker.wait() == 0


def two_workers_at_one_letter(server: SlowServer, work: Sequence[str] = WORK) -> None:
    """While the mail server has a letter, the desk has it sent again by another worker."""

    def send_again() -> None:
        for notice in Notification.objects.waiting():
            send_notification.enqueue(notice.pk)
        connection.close()
        assert start_worker(work).wait() == 0

    make_everybody()
    book_some_visit()
    server.meanwhile = send_again
    assert start_worker(work).wait() == 0


def two_workers_at_one_letter_unguarded(server: SlowServer) -> None:
    two_workers_at_one_letter(server, WORK_UNGUARDED)


def make_everybody() -> None:
    make_patient("Ann")
    dora = make_doctor("Dora")
    dora.working_hours.all().delete()
    for weekday in range(7):
        dora.working_hours.create(weekday=weekday, start_time=dt.time(9), end_time=dt.time(17))


def start_worker(command: Sequence[str] = WORK) -> "subprocess.Popen[bytes]":
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "config.settings"}
    return subprocess.Popen(command, env=environment)  # noqa: S603 - our own command


def time_passes_and_others_go_on() -> None:
    with time_machine.travel(timezone.now() + STALLED_AFTER + dt.timedelta(minutes=1)):
        requeue_stalled_tasks()
        work_off()


DRILLS = {
    drill.__name__: drill
    for drill in (
        crash_between_send_and_mark,
        crash_after_commit,
        two_workers_and_two_sweeps,
        two_workers_at_one_letter,
        two_workers_at_one_letter_unguarded,
    )
}
