"""The commands that an operator runs beside the server, as processes of their own."""

import datetime as dt
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django_tasks_db.models import DBTaskResult
from time_machine import Traveller

from clinic.models import Doctor, Patient
from tests.support.booking import book_as_patient
from tests.support.live_server import ENVIRONMENT, ROOT
from tests.support.task_worker import work_off


def output_of(*arguments: str) -> str:
    told = StringIO()
    call_command("send_reminders", *arguments, stdout=told)
    return told.getvalue()


@pytest.mark.django_db
def test_it_says_what_it_put_on_the_queue_and_what_it_gave_back_and_before_what_it_would(
    ann: Patient, dora: Doctor, clock: Traveller
) -> None:
    book_as_patient(ann, dora, dt.date(2026, 3, 9))
    work_off()
    book_as_patient(ann, dora, dt.date(2026, 3, 16))
    DBTaskResult.objects.ready().get().claim("killed")
    clock.move_to("2026-03-08T09:00:00+01:00")
    would = "1 reminders would be put on the queue, 1 tasks given back.\n"
    assert [output_of("--dry-run"), output_of("--dry-run")] == [would, would]
    assert [output_of(), output_of()] == [
        "1 reminders put on the queue, 1 tasks given back.\n",
        "0 reminders put on the queue, 0 tasks given back.\n",
    ]


@pytest.mark.parametrize("seconds", ["0", "-5"])
def test_a_pause_of_nothing_is_refused(seconds: str) -> None:
    with pytest.raises(CommandError, match="--every must be 1 or more"):
        output_of("--every", seconds)


@contextmanager
def running(folder: Path, *command: str) -> Iterator["subprocess.Popen[str]"]:
    environment = {
        **os.environ,
        **ENVIRONMENT,
        "DATABASE_URL": f"sqlite:///{folder / 'db.sqlite3'}",
        "PYTHONUNBUFFERED": "1",
    }
    manage = [sys.executable, str(ROOT / "manage.py")]
    subprocess.run([*manage, "migrate", "-v0"], env=environment, check=True, cwd=ROOT)  # noqa: S603 - our own command
    with subprocess.Popen(  # noqa: S603 - our own command
        [*manage, *command], env=environment, cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            yield process
        finally:
            process.kill()


@pytest.mark.own_database
@pytest.mark.parametrize("sent", [signal.SIGTERM, signal.SIGINT])
def test_it_goes_on_until_it_is_asked_to_end(tmp_path: Path, sent: signal.Signals) -> None:
    line = "0 reminders put on the queue, 0 tasks given back.\n"
    with running(tmp_path, "send_reminders", "--every", "1") as process:
        assert process.stdout is not None
        assert [process.stdout.readline(), process.stdout.readline()] == [line, line]
        process.send_signal(sent)
        assert process.wait(timeout=30) == 0
