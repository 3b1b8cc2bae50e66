"""Two staff members save at the same time, on the database of ``DATABASE_URL``.

Takes the number of rounds and prints the different outcomes of all rounds as JSON.
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


def bookings(admins: Sequence[AdminClient], doctor: Doctor, patients: Sequence[Patient]) -> Outcome:
    """Both book the same slot for different patients."""
    forms = [
        admin.fill_in(ADD, doctor=doctor.pk, patient=patient.pk, date="2026-03-03", time="10:00")
        for admin, patient in zip(admins, patients, strict=True)
    ]
    return save_concurrently(admins, ADD, forms)


def moves(admins: Sequence[AdminClient], doctor: Doctor, patients: Sequence[Patient]) -> Outcome:
    """Both reschedule the same appointment, to different times."""
    appointment = book_as_patient(patients[0], doctor)
    page = f"clinic/appointment/{appointment.pk}/change/"
    forms = [
        admin.fill_in(page, time=time)
        for admin, time in zip(admins, ("11:00", "12:00"), strict=True)
    ]
    return save_concurrently(admins, page, forms)


def save_concurrently(admins: Sequence[AdminClient], page: str, forms: Sequence[Form]) -> Outcome:
    responses = at_once(
        [
            partial(admin.client.post, f"/admin/{page}", form)
            for admin, form in zip(admins, forms, strict=True)
        ]
    )
    pages = [
        response.content.decode() for response in responses if response.status_code == HTTPStatus.OK
    ]
    return {
        "saved": sum(response.status_code == HTTPStatus.FOUND for response in responses),
        # Only the first sentence. The next free times follow it.
        "errors": [re.findall(r'class="errorlist[^>]*><li>([^.<]*)', page) for page in pages],
        "appointments": Appointment.objects.count(),
        "ticks as expected": set(BusyTick.objects.values_list("appointment", "person", "tick"))
        == expected_ticks(),
    }


@time_machine.travel(MONDAY_MORNING, tick=True)
def main(arguments: Sequence[str]) -> None:
    (rounds,) = map(int, arguments)
    setup_test_environment()  # adds the template context to responses, which AdminClient reads
    call_command("migrate", verbosity=0)
    admins = [
        AdminClient(make_user(name, is_staff=True, is_superuser=True)) for name in ("Sam", "Sue")
    ]
    doctor, patients = make_doctor("Dora"), [make_patient("Ann"), make_patient("Ben")]
    outcomes: dict[str, list[Outcome]] = {}
    for race in (bookings, moves):
        for _ in range(rounds):
            Appointment.objects.all().delete()
            outcome = race(admins, doctor, patients)
            if outcome not in outcomes.setdefault(race.__name__, []):
                outcomes[race.__name__].append(outcome)
    print(json.dumps(outcomes))  # noqa: T201 - the output of the script
