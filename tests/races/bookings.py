"""Races of bookings for the same time, of changes beside them, and of retries with one key."""

import datetime as dt
from collections.abc import Sequence
from functools import partial
from itertools import chain, cycle

from clinic.models import Appointment
from clinic.slots import GRID_MINUTES, time_of
from tests.races import tasks
from tests.races.clients import Task
from tests.races.people import People, booked_appointment

NINE, NOON = dt.time(9), dt.time(12)
STAGGERED_MINUTES = 45
Outcomes = Sequence[str]


def _staggered(number: int) -> dt.time:
    """Return one of nine starts, five minutes apart: all appointments of 45 minutes overlap."""
    return dt.time(9, number % 9 * 5)


def one_slot(people: People) -> list[Task]:
    return [
        partial(tasks.book_as_patient, patient.user_id, people.dora.pk, NINE)
        for patient in people.patients
    ]


def one_slot_in_admin(people: People) -> list[Task]:
    return [
        partial(
            tasks.book_in_admin_transaction, people.staff.pk, people.dora.pk, patient.pk, NINE, 30
        )
        for patient in people.patients
    ]


def one_slot_by_create(people: People) -> list[Task]:
    return [
        partial(tasks.create, people.dora.pk, patient.pk, NINE, 30) for patient in people.patients
    ]


def staggered(people: People) -> list[Task]:
    """The doctor books each patient; an earlier appointment allows the doctor to do so."""
    for number, patient in enumerate(people.patients, start=1):
        Appointment.objects.create(
            doctor=people.dora,
            patient=patient,
            date=tasks.TUESDAY - dt.timedelta(days=number),
            time=NOON,
            duration_minutes=30,
            status="completed",
        )
    return [
        partial(
            tasks.book_as_doctor,
            people.dora.user_id,
            patient.pk,
            _staggered(number),
            STAGGERED_MINUTES,
        )
        for number, patient in enumerate(people.patients)
    ]


def staggered_in_admin(people: People) -> list[Task]:
    return [
        partial(
            tasks.book_in_admin_transaction,
            people.staff.pk,
            people.dora.pk,
            patient.pk,
            _staggered(number),
            STAGGERED_MINUTES,
        )
        for number, patient in enumerate(people.patients)
    ]


def staggered_by_create(people: People) -> list[Task]:
    return [
        partial(tasks.create, people.dora.pk, patient.pk, _staggered(number), STAGGERED_MINUTES)
        for number, patient in enumerate(people.patients)
    ]


def one_patient_two_doctors(people: People) -> list[Task]:
    """Half of the clients book the patient with Dora at 09:00, half with Emil."""
    (patient, *_), doctors = people.patients, (people.dora, people.emil)
    return [
        partial(tasks.book_as_patient, patient.user_id, doctors[number % 2].pk, NINE)
        for number, _ in enumerate(people.patients)
    ]


def one_patient_two_doctors_by_create(people: People) -> list[Task]:
    (patient, *_), doctors = people.patients, (people.dora, people.emil)
    return [
        partial(
            tasks.create, doctors[number % 2].pk, patient.pk, _staggered(number), STAGGERED_MINUTES
        )
        for number, _ in enumerate(people.patients)
    ]


def imported(people: People) -> list[Task]:
    """Each client imports an appointment with each doctor, half of them in reverse order."""
    doctors, times = [people.dora.pk, people.emil.pk], [NINE, NOON]
    return [
        partial(
            tasks.import_appointments,
            doctors[:: (-1) ** number],
            patient.pk,
            times[:: (-1) ** number],
        )
        for number, patient in enumerate(people.patients)
    ]


def rescheduled_into_one_gap(people: People) -> list[Task]:
    """Each client reschedules the appointment of another patient with one doctor to noon."""
    appointments = [
        booked_appointment(people.dora, patient, time_of(number * GRID_MINUTES), GRID_MINUTES)
        for number, patient in enumerate(people.patients)
    ]
    return [
        partial(tasks.reschedule, people.dora.user_id, appointment.pk, NOON)
        for appointment in appointments
    ]


def book_reschedule_cancel(people: People) -> list[Task]:
    """Patient and doctor reschedule and cancel an appointment while others book its times."""
    first, *others = people.patients
    appointment = booked_appointment(people.dora, first, NINE)
    changes: list[Task] = [
        partial(tasks.cancel, first.user_id, appointment.pk),
        partial(tasks.reschedule, first.user_id, appointment.pk, dt.time(10)),
        partial(tasks.reschedule, people.dora.user_id, appointment.pk, dt.time(9, 15)),
    ]
    bookings: list[Task] = [
        partial(tasks.book_as_patient, patient.user_id, people.dora.pk, time)
        for patient in others
        for time in (NINE, dt.time(9, 30), dt.time(10))
    ]
    pairs = zip(cycle(changes), bookings, strict=False)
    return [*chain.from_iterable(pairs)][: len(people.patients)]


def check_cancelled_once(_people: People, outcomes: Outcomes) -> list[str]:
    """Exactly one of the clients that cancel succeeds."""
    count = outcomes.count("cancelled")
    return [] if count == 1 else [f"cancelled {count} times"]


def one_key(people: People) -> list[Task]:
    patient = people.patients[0]
    return [
        partial(tasks.book_with_key, patient.user_id, people.dora.pk, NINE, "one key")
        for _ in people.patients
    ]


def check_one_booking(_people: People, outcomes: Outcomes) -> list[str]:
    """All outcomes are equal, and there is one booking."""
    return [] if len(set(outcomes)) == 1 and Appointment.objects.count() == 1 else [*set(outcomes)]


def one_key_two_requests(people: People) -> list[Task]:
    patient = people.patients[0]
    return [
        partial(
            tasks.book_with_key, patient.user_id, people.dora.pk, dt.time(9 + number % 2), "one key"
        )
        for number, _ in enumerate(people.patients)
    ]


def check_one_request_booked(_people: People, outcomes: Outcomes) -> list[str]:
    """One half of the clients gets the booking, the other half that the key was used."""
    halves = [set(outcomes[0::2]), set(outcomes[1::2])]
    booked = [{f"pending {pk}"} for pk in Appointment.objects.values_list("pk", flat=True)]
    reused = [{"idempotency_key: idempotency_key_reused"}]
    return [] if halves in (booked + reused, reused + booked) else [*set(outcomes)]
