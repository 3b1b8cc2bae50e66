"""The command ``send_reminders``, called directly and run as a process."""

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
from pytest_django import Settings
from time_machine import Traveller

from clinic.models import Doctor, OfferedType, Patient
from tests.support.acting_people import book_as_guardian, make_dependant, make_guardian
from tests.support.booking import book_as_patient
from tests.support.fixtures.people import offer_type
from tests.support.live_server import ENVIRONMENT
from tests.support.processes import ROOT
from tests.support.task_worker import run_due_tasks
from users.models import User

NOTHING = (
    "0 unanswered requests cancelled, 0 reminders and 0 digests enqueued, "
    "0 guardians notified of a patient's age, 0 tasks requeued"
)


def output_of(*arguments: str) -> str:
    out = StringIO()
    call_command("send_reminders", *arguments, stdout=out)
    return out.getvalue()


@pytest.mark.django_db
def test_send_reminders_reports_enqueued_and_requeued_and_dry_run_changes_nothing(
    ann: Patient, dora: Doctor, clock: Traveller
) -> None:
    offer_type(dora, confirmation="automatic")
    book_as_patient(ann, dora, dt.date(2026, 3, 9))
    run_due_tasks()
    book_as_patient(ann, dora, dt.date(2026, 3, 16))
    DBTaskResult.objects.ready().get().claim("killed")
    clock.move_to("2026-03-08T09:00:00+01:00")
    counts = (
        "0 unanswered requests cancelled, 1 reminder and 0 digests enqueued, "
        "0 guardians notified of a patient's age, 1 task requeued"
    )
    would = f"Would be done: {counts}.\n"
    assert [output_of("--dry-run"), output_of("--dry-run")] == [would, would]
    assert [output_of(), output_of()] == [f"Done: {counts}.\n", f"Done: {NOTHING}.\n"]


@pytest.mark.django_db
def test_send_reminders_dry_run_counts_what_the_run_does(
    ann: Patient, olga: User, dora: Doctor, clock: Traveller, settings: Settings
) -> None:
    """Two guardians are reminded and notified; another request would be reminded of, but lapses."""
    settings.MAX_EMAILS_PER_DAY = 0
    settings.REMINDER_HOURS = 24 * 7
    settings.ANSWER_DAYS = 3
    offer_type(dora, confirmation="automatic")
    kim = make_dependant(ann.user, born=dt.date(2008, 3, 2))
    make_guardian(kim, olga)
    book_as_guardian(ann.user, kim, dora, dt.date(2026, 3, 16))
    run_due_tasks()
    OfferedType.objects.all().delete()
    book_as_patient(ann, dora, dt.date(2026, 3, 16), time=dt.time(10))
    clock.move_to("2026-03-10T12:00:00+01:00")
    counts = (
        "1 unanswered request cancelled, 2 reminders and 3 digests enqueued, "
        "2 guardians notified of a patient's age, 0 tasks requeued"
    )
    assert output_of("--dry-run") == f"Would be done: {counts}.\n"
    assert output_of() == f"Done: {counts}.\n"


@pytest.mark.parametrize("seconds", ["0", "-5"])
def test_send_reminders_rejects_every_below_1(seconds: str) -> None:
    with pytest.raises(CommandError, match="--every must be 1 or more"):
        output_of("--every", seconds)


@contextmanager
def running(folder: Path, *command: str) -> Iterator["subprocess.Popen[str]"]:
    """Run a manage.py command as a process, on a new SQLite database in ``folder``."""
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
def test_send_reminders_every_repeats_until_signal(tmp_path: Path, sent: signal.Signals) -> None:
    line = f"Done: {NOTHING}.\n"
    with running(tmp_path, "send_reminders", "--every", "1") as process:
        assert process.stdout is not None
        assert [process.stdout.readline(), process.stdout.readline()] == [line, line]
        process.send_signal(sent)
        assert process.wait(timeout=60) == 0
