"""Races of those who add one profile, register one person, or book for a patient who is merged."""

import datetime as dt
from collections.abc import Sequence
from functools import partial

from django.core.exceptions import ValidationError

from clinic.errors import PossibleDuplicate
from clinic.models import Appointment, BusyTick, MergedPatient, Patient
from clinic.people.merging import merge_patients
from clinic.people.registration import NewPatient, register_patient
from clinic.slots import time_of
from tests.races import tasks
from tests.races.clients import Task
from tests.races.people import People
from users.common.transactions import TransactionConflict
from users.models import User

LAST_NAME = "Meyer-Roth"
# One person, as two receptionists type the name.
SPELLINGS = (("Änne", LAST_NAME), ("Meyer Roth", "anne"))


def register(user: int, first_name: str, last_name: str) -> str:
    person = NewPatient(
        first_name=first_name, last_name=last_name, date_of_birth=dt.date(1950, 1, 31)
    )
    try:
        register_patient(
            actor=User.objects.get(pk=user), person=person, now=tasks.NOW, as_staff=True
        )
    except PossibleDuplicate:
        return "possible_duplicate"
    except TransactionConflict:
        return "busy"
    return "stored"


def merge(user: int, kept: int, merged: int) -> str:
    actor = User.objects.get(pk=user)
    try:
        merge_patients(actor=actor, kept_id=kept, merged_id=merged, now=tasks.NOW)
    except ValidationError as error:
        return "; ".join(error.messages)
    except TransactionConflict:
        return "busy"
    return "stored"


def one_profile(people: People) -> list[Task]:
    Patient.objects.filter(user=people.newcomer).delete()
    return [
        partial(tasks.upsert_profile, people.newcomer.pk, f"{number} Main Street")
        for number, _ in enumerate(people.patients)
    ]


def check_one_profile(people: People, _outcomes: Sequence[str]) -> list[str]:
    rows = Patient.objects.filter(user=people.newcomer).count()
    return [] if rows == 1 else [f"{rows} profiles"]


def registered_at_once(people: People) -> list[Task]:
    # Those of the round before.
    User.objects.filter(is_patient=True, email=None).exclude(first_name="Merged").delete()
    return [
        partial(register, people.staff.pk, *SPELLINGS[number % 2])
        for number, _ in enumerate(people.patients)
    ]


def check_registered_once(_people: People, _outcomes: Sequence[str]) -> list[str]:
    count = Patient.objects.filter(date_of_birth=dt.date(1950, 1, 31)).count()
    return [] if count == 1 else [f"registered {count} times"]


def merged_while_booked(people: People) -> list[Task]:
    """One client merges two patients, while the others book for both, with two doctors."""
    kept, merged = (_registered(people) for _ in "ab")
    doctors = (people.dora, people.emil)
    return [
        partial(merge, people.staff.pk, kept.pk, merged.pk),
        *(
            partial(
                tasks.book_as_staff,
                people.staff.pk,
                doctors[number % 2].pk,
                (kept, merged)[number // 2 % 2].pk,
                time_of(9 * 60 + number * 5),
            )
            for number in range(1, len(people.patients))
        ),
    ]


def _registered(people: People) -> Patient:
    person = NewPatient(first_name="Anna", last_name="Example", date_of_birth=dt.date(1990, 5, 17))
    return register_patient(
        actor=people.staff, person=person, now=tasks.NOW, as_staff=True, register_anyway=True
    )


def check_merged(_people: People, outcomes: Sequence[str]) -> list[str]:
    """All appointments and ticks are the kept patient's, or the merge was rejected."""
    merge_outcome = outcomes[0]
    if merge_outcome != "stored":
        return [] if merge_outcome.startswith("Both have appointments") else [merge_outcome]
    latest = MergedPatient.objects.latest("pk")
    people = set(BusyTick.objects.values_list("person", flat=True))
    patients = set(Appointment.objects.values_list("patient", flat=True))
    problems = []
    if latest.merged_user_id in people:
        problems.append("ticks of the merged account")
    if patients - {latest.patient_id}:
        problems.append(f"appointments of other patients: {patients}")
    return problems
