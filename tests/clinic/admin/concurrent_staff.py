"""Two clerks who save at the same moment, on the database of ``DATABASE_URL``.

Prints, as JSON, the different outcomes that so many rounds had.
"""

import datetime as dt
import json
import re
from collections.abc import Sequence
from functools import partial
from http import HTTPStatus
from typing import Any
from zoneinfo import ZoneInfo

import time_machine
from django.core.management import call_command
from django.test.utils import setup_test_environment

from clinic.models import Appointment, BusyTick, Doctor, Patient
from tests.support.admin_client import AdminClient
from tests.support.booking import book_as_patient, expected_ticks
from tests.support.fixtures.people import make_doctor, make_patient, make_user
from tests.users.account_races import at_once

ADD = "clinic/appointment/add/"
MONDAY_MORNING = dt.datetime(2026, 3, 2, 8, tzinfo=ZoneInfo("Europe/Berlin"))
Outcome = dict[str, object]
Form = dict[str, Any]


def bookings(admins: Sequence[AdminClient], doctor: Doctor, people: Sequence[Patient]) -> Outcome:
    """Both book the same slot, for different patients."""
    forms = [
        admin.fill_in(ADD, doctor=doctor.pk, patient=patient.pk, date="2026-03-03", time="10:00")
        for admin, patient in zip(admins, people, strict=True)
    ]
    return saved_at_once(admins, ADD, forms)


def moves(admins: Sequence[AdminClient], doctor: Doctor, people: Sequence[Patient]) -> Outcome:
    """Both move the same appointment, to different times."""
    appointment = book_as_patient(people[0], doctor)
    page = f"clinic/appointment/{appointment.pk}/change/"
    forms = [
        admin.fill_in(page, time=time)
        for admin, time in zip(admins, ("11:00", "12:00"), strict=True)
    ]
    return saved_at_once(admins, page, forms)


def saved_at_once(admins: Sequence[AdminClient], page: str, forms: Sequence[Form]) -> Outcome:
    answers = at_once(
        [
            partial(admin.client.post, f"/admin/{page}", form)
            for admin, form in zip(admins, forms, strict=True)
        ]
    )
    pages = [answer.content.decode() for answer in answers if answer.status_code == HTTPStatus.OK]
    return {
        "saved": sum(answer.status_code == HTTPStatus.FOUND for answer in answers),
        # The first sentence; the next free times follow.
        "told": [re.findall(r'class="errorlist[^>]*><li>([^.<]*)', page) for page in pages],
        "appointments": Appointment.objects.count(),
        "ticks as expected": set(BusyTick.objects.values_list("appointment", "person", "tick"))
        == expected_ticks(),
    }


@time_machine.travel(MONDAY_MORNING, tick=True)
def main(arguments: Sequence[str]) -> None:
    (rounds,) = map(int, arguments)
    setup_test_environment()  # for the forms that the admin reads
    call_command("migrate", verbosity=0)
    admins = [
        AdminClient(make_user(name, is_staff=True, is_superuser=True)) for name in ("Sam", "Sue")
    ]
    doctor, people = make_doctor("Dora"), [make_patient("Ann"), make_patient("Ben")]
    verdicts: dict[str, list[Outcome]] = {}
    for race in (bookings, moves):
        for _ in range(rounds):
            Appointment.objects.all().delete()
            outcome = race(admins, doctor, people)
            if outcome not in verdicts.setdefault(race.__name__, []):
                verdicts[race.__name__].append(outcome)
    print(json.dumps(verdicts))  # noqa: T201 - this is its answer
