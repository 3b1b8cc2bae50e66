"""A race of one doctor's special hours."""

import datetime as dt
from collections.abc import Sequence
from functools import partial

from clinic.models import SpecialHours
from tests.races import tasks
from tests.races.clients import Task
from tests.races.people import People

INTERVALS = [(dt.time(9), dt.time(10)), (dt.time(11), dt.time(12))]


def special_hours(people: People) -> list[Task]:
    """Half of the clients set the special hours of one date, the other half remove them."""
    tasks.set_special_hours(people.dora.pk, [])
    return [
        partial(tasks.set_special_hours, people.dora.pk, INTERVALS)
        if number % 2
        else partial(tasks.remove_special_hours, people.dora.pk)
        for number, _ in enumerate(people.patients)
    ]


def check_special_hours(_people: People, outcomes: Sequence[str]) -> list[str]:
    """The date has the hours that were set last, or none, and nobody met a database error."""
    stored = [
        [(interval.start_time, interval.end_time) for interval in special.intervals.all()]
        for special in SpecialHours.objects.all()
    ]
    conflicts = outcomes.count("conflict")
    return [] if stored in ([], [INTERVALS]) and not conflicts else [f"{conflicts}: {stored}"]
