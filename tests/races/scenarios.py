"""The races: who wants what at the same moment, and how many may get it."""

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain, cycle
from typing import NamedTuple

from clinic.models import Appointment, Doctor, Patient
from clinic.slots import GRID_MINUTES, time_of
from tests.races import tasks
from tests.races.clients import Task
from tests.support.fixtures.people import make_doctor, make_patient, make_user
from users.models import User

NINE, NOON = dt.time(9), dt.time(12)
STAGGERED_MINUTES = 45


class Cast(NamedTuple):
    """Everyone who takes part: a patient for each client, and a newcomer without a profile."""

    dora: Doctor
    emil: Doctor
    patients: list[Patient]
    staff: User
    newcomer: User

    @classmethod
    def enter(cls, clients: int) -> "Cast":
        """Write ``clients`` patients and the others into the database."""
        return cls(
            dora=make_doctor("Dora"),
            emil=make_doctor("Emil"),
            patients=[make_patient(f"Patient{n}") for n in range(clients)],
            staff=make_user("Sam", is_staff=True),
            newcomer=make_user("Nora", is_patient=True),
        )


Answers = Sequence[str]


@dataclass(frozen=True)
class Race:
    """``tasks`` are what the clients do; ``check`` names what is wrong with their answers.

    ``winners`` of them get what they want; None if that depends on who comes first.
    ``only_ticks``: no two appointments share a start, so nothing but the ticks keeps them apart.
    ``may_be_busy``: inside another transaction no verb can try again.
    """

    name: str
    tasks: Callable[[Cast], list[Task]]
    winners: int | None = 1
    check: Callable[[Cast, Answers], list[str]] = lambda _cast, _answers: []
    only_ticks: bool = False
    may_be_busy: bool = False


def _staggered(place: int) -> dt.time:
    """One of nine starts, five minutes apart: any two appointments of 45 minutes overlap."""
    return dt.time(9, place % 9 * 5)


def one_slot(cast: Cast) -> list[Task]:
    return [
        partial(tasks.book_as_patient, patient.user_id, cast.dora.pk, NINE)
        for patient in cast.patients
    ]


def one_slot_by_the_admin(cast: Cast) -> list[Task]:
    return [
        partial(tasks.book_as_the_admin_does, cast.staff.pk, cast.dora.pk, patient.pk, NINE, 30)
        for patient in cast.patients
    ]


def one_slot_by_create(cast: Cast) -> list[Task]:
    return [partial(tasks.create, cast.dora.pk, patient.pk, NINE, 30) for patient in cast.patients]


def staggered(cast: Cast) -> list[Task]:
    """The doctor books each of their patients; a cancelled appointment makes them theirs."""
    for patient in cast.patients:
        Appointment.objects.create(
            doctor=cast.dora,
            patient=patient,
            date=tasks.TUESDAY,
            time=NOON,
            duration_minutes=30,
            status="cancelled",
        )
    return [
        partial(
            tasks.book_as_doctor,
            cast.dora.user_id,
            patient.pk,
            _staggered(place),
            STAGGERED_MINUTES,
        )
        for place, patient in enumerate(cast.patients)
    ]


def staggered_by_the_admin(cast: Cast) -> list[Task]:
    return [
        partial(
            tasks.book_as_the_admin_does,
            cast.staff.pk,
            cast.dora.pk,
            patient.pk,
            _staggered(place),
            STAGGERED_MINUTES,
        )
        for place, patient in enumerate(cast.patients)
    ]


def staggered_by_create(cast: Cast) -> list[Task]:
    return [
        partial(tasks.create, cast.dora.pk, patient.pk, _staggered(place), STAGGERED_MINUTES)
        for place, patient in enumerate(cast.patients)
    ]


def one_patient_two_doctors(cast: Cast) -> list[Task]:
    """Half want Dora at 09:00, half Emil."""
    (patient, *_), doctors = cast.patients, (cast.dora, cast.emil)
    return [
        partial(tasks.book_as_patient, patient.user_id, doctors[place % 2].pk, NINE)
        for place, _ in enumerate(cast.patients)
    ]


def one_patient_two_doctors_by_create(cast: Cast) -> list[Task]:
    (patient, *_), doctors = cast.patients, (cast.dora, cast.emil)
    return [
        partial(
            tasks.create, doctors[place % 2].pk, patient.pk, _staggered(place), STAGGERED_MINUTES
        )
        for place, _ in enumerate(cast.patients)
    ]


def imported(cast: Cast) -> list[Task]:
    """Each imports one appointment to either doctor, half of them in the other order."""
    doctors, times = [cast.dora.pk, cast.emil.pk], [NINE, NOON]
    return [
        partial(
            tasks.import_two,
            doctors[:: (-1) ** place],
            patient.pk,
            times[:: (-1) ** place],
        )
        for place, patient in enumerate(cast.patients)
    ]


def standing(doctor: Doctor, patient: Patient, time: dt.time, minutes: int = 30) -> Appointment:
    """An appointment that the patient has booked before the race begins."""
    appointment = Appointment.objects.create(
        doctor=doctor,
        patient=patient,
        date=tasks.TUESDAY,
        time=time,
        duration_minutes=minutes,
        booked_by=patient.user,
    )
    appointment.history.create(
        status=appointment.status,
        date=appointment.date,
        time=appointment.time,
        changed_at=tasks.NOW,
        changed_by=patient.user,
    )
    return appointment


def into_one_gap(cast: Cast) -> list[Task]:
    """Every client moves an appointment of another patient to noon, with the one doctor."""
    appointments = [
        standing(cast.dora, patient, time_of(place * GRID_MINUTES), GRID_MINUTES)
        for place, patient in enumerate(cast.patients)
    ]
    return [
        partial(tasks.move, cast.dora.user_id, appointment.pk, NOON) for appointment in appointments
    ]


def all_at_once(cast: Cast) -> list[Task]:
    """One appointment is booked over, moved and cancelled, by its patient, its doctor and others."""
    first, *others = cast.patients
    appointment = standing(cast.dora, first, NINE)
    changes: list[Task] = [
        partial(tasks.cancel, first.user_id, appointment.pk),
        partial(tasks.move, first.user_id, appointment.pk, dt.time(10)),
        partial(tasks.move, cast.dora.user_id, appointment.pk, dt.time(9, 15)),
    ]
    bookings: list[Task] = [
        partial(tasks.book_as_patient, patient.user_id, cast.dora.pk, time)
        for patient in others
        for time in (NINE, dt.time(9, 30), dt.time(10))
    ]
    pairs = zip(cycle(changes), bookings, strict=False)
    return [*chain.from_iterable(pairs)][: len(cast.patients)]


def cancelled_once(_cast: Cast, answers: Answers) -> list[str]:
    """Whatever else happens, one of those who cancel it does so."""
    count = answers.count("cancelled")
    return [] if count == 1 else [f"cancelled {count} times"]


def one_key(cast: Cast) -> list[Task]:
    patient = cast.patients[0]
    return [
        partial(tasks.book_and_name, patient.user_id, cast.dora.pk, NINE, "one key")
        for _ in cast.patients
    ]


def all_alike(_cast: Cast, answers: Answers) -> list[str]:
    """Twenty equal answers, and one booking behind them."""
    return [] if len(set(answers)) == 1 and Appointment.objects.count() == 1 else [*set(answers)]


def one_key_two_requests(cast: Cast) -> list[Task]:
    patient = cast.patients[0]
    return [
        partial(
            tasks.book_and_name,
            patient.user_id,
            cast.dora.pk,
            dt.time(9 + place % 2),
            "one key",
        )
        for place, _ in enumerate(cast.patients)
    ]


def one_request_won(_cast: Cast, answers: Answers) -> list[str]:
    """Half are answered the one booking, the other half that the key was used."""
    halves = [set(answers[0::2]), set(answers[1::2])]
    booked = [{f"pending {pk}"} for pk in Appointment.objects.values_list("pk", flat=True)]
    reused = [{"idempotency_key: idempotency_key_reused"}]
    return [] if halves in (booked + reused, reused + booked) else [*set(answers)]


def one_profile(cast: Cast) -> list[Task]:
    Patient.objects.filter(user=cast.newcomer).delete()
    return [
        partial(tasks.fill_in_profile, cast.newcomer.pk, f"{place} Main Street")
        for place, _ in enumerate(cast.patients)
    ]


def one_row(cast: Cast, _answers: Answers) -> list[str]:
    rows = Patient.objects.filter(user=cast.newcomer).count()
    return [] if rows == 1 else [f"{rows} profiles"]


RACES = (
    Race("one slot", one_slot),
    Race("one slot, admin", one_slot_by_the_admin, may_be_busy=True),
    Race("one slot, bare create()", one_slot_by_create),
    Race("staggered 45 minutes", staggered, only_ticks=True),
    Race("staggered 45 minutes, admin", staggered_by_the_admin, only_ticks=True, may_be_busy=True),
    Race("staggered 45 minutes, bare create()", staggered_by_create, only_ticks=True),
    Race("one patient, two doctors", one_patient_two_doctors),
    Race(
        "one patient, two doctors, bare create()",
        one_patient_two_doctors_by_create,
        only_ticks=True,
    ),
    Race("two appointments imported", imported),
    Race("many moved into one gap", into_one_gap),
    Race("book against move against cancel", all_at_once, winners=None, check=cancelled_once),
    Race("one idempotencyKey", one_key, winners=None, check=all_alike),
    Race(
        "one idempotencyKey, two requests",
        one_key_two_requests,
        winners=None,
        check=one_request_won,
    ),
    Race("one profile", one_profile, winners=None, check=one_row),
)
CONTROLS = tuple(race for race in RACES if race.only_ticks)
