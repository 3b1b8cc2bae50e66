"""Workers of the queue that die, and what the mailboxes hold in the end.

``crash_between_send_and_mark`` kills the worker once the mail server has the letter
and before the worker can know; ``crash_after_commit`` kills the process that booked.
"""

import datetime as dt
import json
import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence

import time_machine
from aiosmtpd.smtp import SMTP, Envelope, Session
from django.conf import settings
from django.core.management import call_command
from django.utils import timezone
from typing_extensions import override

from clinic import clock, reminders
from clinic.models import Doctor, Notice, Patient
from config.task_queue import STALLED_AFTER, give_back_stalled
from tests.cast import make_doctor, make_patient
from tests.smtp import AnyPort, MailServer
from tests.visits import book_as_patient
from tests.worker import work_off

WORKERS = 2
KILL_AFTER_BOOKING = (
    "import os, signal, django; django.setup();"
    "from tests.races.mail_crash import book_some_visit; book_some_visit();"
    "os.kill(os.getpid(), signal.SIGKILL)"
)


class Killer(MailServer):
    """Takes a letter, and kills whoever sent it before the answer is on its way."""

    def __init__(self) -> None:
        super().__init__()
        self.victims: list[subprocess.Popen[bytes]] = []

    @override
    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        answer = await super().handle_DATA(server, session, envelope)
        for victim in self.victims:
            victim.kill()
            victim.wait()
        self.victims.clear()
        return answer


def main(arguments: Sequence[str]) -> None:
    """Print what each drill left behind, as JSON."""
    [drill] = arguments
    call_command("migrate", verbosity=0)
    server = Killer()
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
                "owed": Notice.objects.count(),
                "unsent": Notice.objects.waiting().count(),
                "letters": len(mails),
                "duplicates": sum(mails.values()) - len(mails),
            }
        )
    )


def book_some_visit() -> None:
    ann, dora = Patient.objects.get(), Doctor.objects.get()
    book_as_patient(ann, dora, clock.today() + dt.timedelta(days=3), dt.time(9))


def crash_between_send_and_mark(server: Killer) -> None:
    make_everybody()
    book_some_visit()
    killed = start_worker()
    server.victims.append(killed)
    killed.wait()
    assert killed.returncode == -signal.SIGKILL, "the worker was to be killed"
    time_passes_and_others_go_on()


def crash_after_commit(_server: Killer) -> None:
    make_everybody()
    booking = subprocess.run([sys.executable, "-c", KILL_AFTER_BOOKING], check=False)  # noqa: S603 - our own
    assert booking.returncode == -signal.SIGKILL, "the booking process was to be killed"
    time_passes_and_others_go_on()


def two_workers_and_two_sweeps(_server: Killer) -> None:
    """Nobody dies: the reminder is due, and everything runs twice at once."""
    make_everybody()
    book_some_visit()
    work_off()
    due = timezone.now() + dt.timedelta(days=2, hours=12)
    with time_machine.travel(due, tick=True):
        reminders.owe_due(clock.now())
        reminders.owe_due(clock.now())
    for worker in [start_worker() for _ in range(WORKERS)]:
        assert worker.wait() == 0


def make_everybody() -> None:
    make_patient("Ann")
    dora = make_doctor("Dora")
    dora.working_hours.all().delete()
    for weekday in range(7):
        dora.working_hours.create(weekday=weekday, start_time=dt.time(9), end_time=dt.time(17))


def start_worker() -> "subprocess.Popen[bytes]":
    command = [sys.executable, "manage.py", "db_worker", "--batch", "--no-startup-delay"]
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "config.settings"}
    return subprocess.Popen(command, env=environment)  # noqa: S603 - our own command


def time_passes_and_others_go_on() -> None:
    with time_machine.travel(timezone.now() + STALLED_AFTER + dt.timedelta(minutes=1)):
        give_back_stalled()
        work_off()


DRILLS = {
    drill.__name__: drill
    for drill in (crash_between_send_and_mark, crash_after_commit, two_workers_and_two_sweeps)
}
