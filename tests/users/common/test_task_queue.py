"""What becomes of a task: done, tried again, given up, or taken from a dead worker."""

import datetime as dt
from typing import Any

import pytest
from django.core import mail
from django.db import transaction
from django_tasks_db.models import DBTaskResult
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings
from time_machine import Traveller

from tests.support.fixtures.people import make_user
from tests.support.fixtures.smtp_server import TAKEN, MailServer
from tests.support.task_worker import queue, work_off
from users.common.task_queue import oldest_waiting_age, pause_after, requeue_stalled_tasks
from users.models import User
from users.password_reset import request, send_token

pytestmark = pytest.mark.django_db
MINUTE = dt.timedelta(minutes=1)


@pytest.fixture
def eva() -> User:
    return make_user("Eva")


def test_pauses_grow_up_to_four_hours_and_last_a_day() -> None:
    pauses = [pause_after(attempt) / MINUTE for attempt in range(1, 10)]
    assert pauses == [1, 4, 16, 64, 240, 240, 240, 240, 240]


def test_a_refused_letter_is_tried_again_after_its_pause_and_not_before(
    eva: User, mail_server: MailServer, clock: Traveller
) -> None:
    mail_server.answer = "451 Later"
    request(eva.email)
    work_off()
    mail_server.answer = TAKEN
    seen = []
    for seconds in (59, 1):
        clock.shift(seconds)
        work_off()
        seen.append((queue(), len(mail_server.taken)))
    assert seen == [
        ([("send_token", "READY", 1)], 0),
        ([("send_token", "SUCCESSFUL", 2)], 1),
    ]


def test_a_task_is_given_up_after_ten_tries_and_says_why(
    eva: User, mail_server: MailServer, clock: Traveller
) -> None:
    mail_server.answer = "451 Later"
    request(eva.email)
    for _ in range(20):
        work_off()
        clock.shift(4 * MINUTE * 60)
    assert queue() == [("send_token", "FAILED", 10)]
    failed = DBTaskResult.objects.get()
    assert failed.exception_class_path == "users.common.email.EmailNotSent"
    assert failed.traceback.endswith("users.common.email.NotSent: SMTPDataError 451\n")


def leave_running(*, tries: int = 1) -> None:
    """A worker took the only task, and was killed."""
    task = DBTaskResult.objects.get()
    for number in range(tries):
        task.claim(f"killed-{number}")


def test_a_task_whose_worker_died_is_run_by_another_but_one_at_work_is_left_alone(
    eva: User, clock: Traveller
) -> None:
    request(eva.email)
    leave_running()
    clock.shift(15 * MINUTE)
    assert (requeue_stalled_tasks(), queue()) == (0, [("send_token", "RUNNING", 1)])
    clock.shift(1)
    assert (requeue_stalled_tasks(), queue()) == (1, [("send_token", "READY", 1)])
    work_off()
    assert (requeue_stalled_tasks(), queue()) == (0, [("send_token", "SUCCESSFUL", 2)])
    assert len(mail.outbox) == 1


def test_a_task_that_kills_every_worker_is_given_up(eva: User, clock: Traveller) -> None:
    request(eva.email)
    leave_running(tries=10)
    clock.shift(16 * MINUTE)
    assert (requeue_stalled_tasks(), queue()) == (0, [("send_token", "FAILED", 10)])
    clock.shift(16 * MINUTE)
    assert (requeue_stalled_tasks(), queue()) == (0, [("send_token", "FAILED", 10)])


def test_a_worker_killed_between_failing_and_queueing_again_loses_nothing(
    eva: User, clock: Traveller
) -> None:
    request(eva.email)
    leave_running()
    DBTaskResult.objects.get().set_failed(OSError())
    assert (requeue_stalled_tasks(), queue()) == (0, [("send_token", "FAILED", 1)])
    clock.shift(16 * MINUTE)
    assert (requeue_stalled_tasks(), queue()) == (1, [("send_token", "READY", 1)])


def test_the_queues_age_is_that_of_the_first_task_a_worker_could_take(
    eva: User, clock: Traveller
) -> None:
    ages = [oldest_waiting_age()]
    request(eva.email)
    later = send_token.using(run_after=dt.datetime.now(dt.UTC) + 10 * MINUTE)
    later.enqueue(eva.pk)
    clock.shift(5 * MINUTE)
    ages.append(oldest_waiting_age())
    work_off()
    ages.append(oldest_waiting_age())
    clock.shift(6 * MINUTE)
    ages.append(oldest_waiting_age())
    assert ages == [0 * MINUTE, 5 * MINUTE, 0 * MINUTE, 1 * MINUTE]


def rolled_back(email: str) -> None:
    with transaction.atomic():
        request(email)
        transaction.set_rollback(True)


def test_what_is_rolled_back_is_not_on_the_queue(eva: User) -> None:
    rolled_back(eva.email)
    assert queue() == []


def test_in_development_a_task_runs_at_once_but_after_the_commit(
    eva: User,
    settings: Settings,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    settings.TASKS = {"default": {"BACKEND": settings.IMMEDIATE_BACKEND}}
    sent: list[Any] = []
    with django_capture_on_commit_callbacks(execute=True):
        request(eva.email)
        sent.append(len(mail.outbox))
    rolled_back(eva.email)
    sent.append(len(mail.outbox))
    assert (sent, queue()) == ([0, 1], [])
