"""A backlog of emails of one kind does not delay those that somebody waits for."""

import datetime as dt

import pytest
from django_tasks_db.models import DBTaskResult

from clinic import clock
from clinic.models import Doctor, Patient
from clinic.notifications.digests import send_digest
from clinic.notifications.reminders import enqueue_due_reminders
from tests.support.api_client import Api
from tests.support.booking import book_as_patient
from tests.support.task_worker import run_due_tasks

pytestmark = pytest.mark.django_db


def next_tasks(number: int) -> list[str]:
    """Return the names of the tasks that workers run next, in their order."""
    paths = DBTaskResult.objects.ready().values_list("task_path", flat=True)[:number]
    return [path.rpartition(".")[2] for path in paths]


def test_password_reset_is_sent_before_a_backlog_of_digests(api: Api, ann: Patient) -> None:
    for recipient in range(200):
        send_digest.enqueue(recipient)
    api("RequestPasswordReset", {"email": ann.user.email})
    assert next_tasks(2) == ["send_token", "send_digest"]


def test_notification_of_a_booking_is_sent_before_a_backlog_of_digests(
    ann: Patient, dora: Doctor
) -> None:
    # Retries of digests are due since an hour.
    hour_ago = clock.now() - dt.timedelta(hours=1)
    for recipient in range(200):
        send_digest.using(run_after=hour_ago).enqueue(recipient)
    book_as_patient(ann, dora)
    assert next_tasks(2) == ["notify_parties", "send_digest"]


def test_notification_of_a_booking_is_sent_before_reminders(
    ann: Patient, ben: Patient, dora: Doctor
) -> None:
    book_as_patient(ann, dora)
    run_due_tasks()
    assert enqueue_due_reminders(clock.now() + dt.timedelta(hours=12)) == 1
    book_as_patient(ben, dora, time=dt.time(11))
    assert next_tasks(2) == ["notify_parties", "send_notification"]
