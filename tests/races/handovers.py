"""Races of appointments that are reassigned or reopened while others book their times."""

import datetime as dt
from collections.abc import Sequence
from functools import partial

from clinic.models import Appointment
from tests.races import tasks
from tests.races.clients import Task
from tests.races.people import People, booked_appointment

NINE = dt.time(9)


def reassigned_while_booked(people: People) -> list[Task]:
    """Staff give an appointment to another doctor while patients book both doctors' times."""
    first, *others = people.patients
    appointment = booked_appointment(people.dora, first, NINE)
    changes: list[Task] = [
        partial(tasks.reassign, people.staff.pk, appointment.pk, people.emil.pk),
        partial(tasks.reschedule, people.dora.user_id, appointment.pk, dt.time(9, 30)),
        partial(tasks.reassign, people.staff.pk, appointment.pk, people.dora.pk),
    ]
    doctors = (people.emil, people.dora)
    bookings: list[Task] = [
        partial(tasks.book_as_patient, patient.user_id, doctors[number % 2].pk, time)
        for number, patient in enumerate(others)
        for time in (NINE, dt.time(9, 30))
    ]
    mixed = [task for pair in zip(changes * len(others), bookings, strict=False) for task in pair]
    return mixed[: len(people.patients)]


def check_reassigned(people: People, _outcomes: Sequence[str]) -> list[str]:
    """The first patient still has one appointment, which is not cancelled."""
    rows = Appointment.objects.live().filter(patient=people.patients[0]).count()
    return [] if rows == 1 else [f"{rows} appointments of the first patient"]


def reopened_while_booked(people: People) -> list[Task]:
    """The doctor reopens a cancelled appointment while patients book its time."""
    first, *others = people.patients
    appointment = booked_appointment(people.dora, first, NINE)
    tasks.cancel(first.user_id, appointment.pk)
    reopen = partial(tasks.reopen, people.dora.user_id, appointment.pk)
    return [
        reopen
        if number % 2
        else partial(tasks.book_as_patient, patient.user_id, people.dora.pk, NINE)
        for number, patient in enumerate([first, *others], start=1)
    ]
