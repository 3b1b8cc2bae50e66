"""A race of processes that cancel a request which nobody answered, as the periodic command does."""

import datetime as dt
from collections.abc import Sequence
from functools import partial

from django_tasks_db.models import DBTaskResult

from clinic.models import AppointmentChange, Status
from tests.races import tasks
from tests.races.clients import Task
from tests.races.people import People, booked_appointment

FORTNIGHT = dt.timedelta(days=14)


def unanswered_request(people: People) -> list[Task]:
    appointment = booked_appointment(people.dora, people.patients[0], dt.time(9))
    appointment.date += FORTNIGHT
    appointment.pending_since = tasks.NOW - FORTNIGHT
    appointment.save()
    appointment.history.update(date=appointment.date, changed_at=appointment.pending_since)
    return [partial(tasks.lapse) for _ in people.patients]


def check_lapsed_once(_people: People, outcomes: Sequence[str]) -> list[str]:
    """One process cancels the request, with one entry in the history and one task for emails."""
    entries = AppointmentChange.objects.filter(status=Status.CANCELLED, changed_by=None)
    emails = [
        task.args_kwargs["args"]
        for task in DBTaskResult.objects.filter(task_path__endswith="notify_parties")
    ]
    found = (outcomes.count("cancelled"), [emails.count([entry.pk]) for entry in entries])
    return [] if found == (1, [1]) else [f"cancelled by {found[0]}, emails by entry: {found[1]}"]
