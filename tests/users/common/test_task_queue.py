"""Tests of the task queue: retries, stalled tasks, and tasks in transactions."""

import datetime as dt
from typing import Any

import pytest
from django.core import mail
from django.db import transaction
from django_tasks_db.models import DBTaskResult
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings
from time_machine import Traveller

from tests.support.fixtures.people import make_user
from tests.support.fixtures.smtp_server import ACCEPTED, MailServer
from tests.support.task_worker import queue, run_due_tasks
from users.common.task_queue import oldest_waiting_age, pause_after, requeue_stalled_tasks
from users.models import User
from users.password_reset import request, send_token

pytestmark = pytest.mark.django_db
MINUTE = dt.timedelta(minutes=1)


@pytest.fixture
def eva() -> User:
    """A user without a role."""
    return make_user("Eva")


def test_pause_after_grows_to_four_hours() -> None:
    pauses = [pause_after(attempt) / MINUTE for attempt in range(1, 10)]
    assert pauses == [1, 4, 16, 64, 240, 240, 240, 240, 240]


def test_retry_failed_task_runs_task_again_after_its_pause(
    eva: User, mail_server: MailServer, clock: Traveller
) -> None:
    mail_server.response = "451 Later"
    request(eva.email)
    run_due_tasks()
    mail_server.response = ACCEPTED
    seen = []
    for seconds in (59, 1):
        clock.shift(seconds)
        run_due_tasks()
        seen.append((queue(), len(mail_server.received)))
    assert seen == [
        ([("send_token", "READY", 1)], 0),
        ([("send_token", "SUCCESSFUL", 2)], 1),
    ]


def test_retry_failed_task_stops_after_ten_attempts(
    eva: User, mail_server: MailServer, clock: Traveller
) -> None:
    mail_server.response = "451 Later"
    request(eva.email)
    for _ in range(20):
        run_due_tasks()
        clock.shift(4 * MINUTE * 60)
    assert queue() == [("send_token", "FAILED", 10)]
    failed = DBTaskResult.objects.get()
    assert failed.exception_class_path == "users.common.email.EmailNotSent"
    assert failed.traceback.endswith("users.common.email.EmailNotSent: SMTPDataError 451\n")


def leave_running(*, attempts: int = 1) -> None:
    """Leave the only task as workers leave it that claimed it and were killed."""
    task = DBTaskResult.objects.get()
    for number in range(attempts):
        task.claim(f"killed-{number}")


def test_requeue_stalled_tasks_waits_fifteen_minutes(eva: User, clock: Traveller) -> None:
    request(eva.email)
    leave_running()
    clock.shift(15 * MINUTE)
    assert (requeue_stalled_tasks(), queue()) == (0, [("send_token", "RUNNING", 1)])
    clock.shift(1)
    assert (requeue_stalled_tasks(), queue()) == (1, [("send_token", "READY", 1)])
    run_due_tasks()
    assert (requeue_stalled_tasks(), queue()) == (0, [("send_token", "SUCCESSFUL", 2)])
    assert len(mail.outbox) == 1


def test_requeue_stalled_tasks_fails_task_after_ten_attempts(eva: User, clock: Traveller) -> None:
    request(eva.email)
    leave_running(attempts=10)
    clock.shift(16 * MINUTE)
    assert (requeue_stalled_tasks(), queue()) == (0, [("send_token", "FAILED", 10)])
    clock.shift(16 * MINUTE)
    assert (requeue_stalled_tasks(), queue()) == (0, [("send_token", "FAILED", 10)])


def test_requeue_stalled_tasks_includes_failed_task_that_was_not_requeued(
    eva: User, clock: Traveller
) -> None:
    request(eva.email)
    leave_running()
    DBTaskResult.objects.get().set_failed(OSError())
    assert (requeue_stalled_tasks(), queue()) == (0, [("send_token", "FAILED", 1)])
    clock.shift(16 * MINUTE)
    assert (requeue_stalled_tasks(), queue()) == (1, [("send_token", "READY", 1)])


def test_oldest_waiting_age_ignores_tasks_that_cannot_run_yet(eva: User, clock: Traveller) -> None:
    ages = [oldest_waiting_age()]
    request(eva.email)
    later = send_token.using(run_after=dt.datetime.now(dt.UTC) + 10 * MINUTE)
    later.enqueue(eva.pk)
    clock.shift(5 * MINUTE)
    ages.append(oldest_waiting_age())
    run_due_tasks()
    ages.append(oldest_waiting_age())
    clock.shift(6 * MINUTE)
    ages.append(oldest_waiting_age())
    assert ages == [0 * MINUTE, 5 * MINUTE, 0 * MINUTE, 1 * MINUTE]


def request_and_roll_back(email: str) -> None:
    with transaction.atomic():
        request(email)
        transaction.set_rollback(True)


def test_task_of_rolled_back_transaction_is_not_queued(eva: User) -> None:
    request_and_roll_back(eva.email)
    assert queue() == []


def test_after_commit_backend_runs_task_after_commit_only(
    eva: User,
    settings: Settings,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    settings.TASKS = {"default": {"BACKEND": settings.IMMEDIATE_BACKEND}}
    sent: list[Any] = []
    with django_capture_on_commit_callbacks(execute=True):
        request(eva.email)
        sent.append(len(mail.outbox))
    request_and_roll_back(eva.email)
    sent.append(len(mail.outbox))
    assert (sent, queue()) == ([0, 1], [])
