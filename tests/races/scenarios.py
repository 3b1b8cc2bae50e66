"""The races: what the clients do at the same moment, and how many of them must succeed."""

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


class Participants(NamedTuple):
    """The users of a race: a patient for each client; the newcomer has no profile yet."""

    dora: Doctor
    emil: Doctor
    patients: list[Patient]
    staff: User
    newcomer: User

    @classmethod
    def create(cls, clients: int) -> "Participants":
        """Store ``clients`` patients and the other users in the database."""
        return cls(
            dora=make_doctor("Dora"),
            emil=make_doctor("Emil"),
            patients=[make_patient(f"Patient{n}") for n in range(clients)],
            staff=make_user("Sam", is_staff=True),
            newcomer=make_user("Nora", is_patient=True),
        )


Outcomes = Sequence[str]


@dataclass(frozen=True)
class Race:
    """What the clients of one race do, and the expected result."""

    name: str
    tasks: Callable[[Participants], list[Task]]  # one for each client
    successes: int | None = 1  # per round; None if it depends on the order of the clients
    # Returns a message for each wrong outcome.
    check: Callable[[Participants, Outcomes], list[str]] = lambda _participants, _outcomes: []
    # No two appointments share a start, so only the ticks prevent double bookings.
    guarded_by_ticks_only: bool = False
    # Inside another transaction a service function cannot retry, so it can return ``busy``.
    can_be_busy: bool = False


def _staggered(number: int) -> dt.time:
    """Return one of nine starts, five minutes apart: all appointments of 45 minutes overlap."""
    return dt.time(9, number % 9 * 5)


def one_slot(participants: Participants) -> list[Task]:
    return [
        partial(tasks.book_as_patient, patient.user_id, participants.dora.pk, NINE)
        for patient in participants.patients
    ]


def one_slot_in_admin(participants: Participants) -> list[Task]:
    return [
        partial(
            tasks.book_in_admin_transaction,
            participants.staff.pk,
            participants.dora.pk,
            patient.pk,
            NINE,
            30,
        )
        for patient in participants.patients
    ]


def one_slot_by_create(participants: Participants) -> list[Task]:
    return [
        partial(tasks.create, participants.dora.pk, patient.pk, NINE, 30)
        for patient in participants.patients
    ]


def staggered(participants: Participants) -> list[Task]:
    """The doctor books each patient; a cancelled appointment allows the doctor to do so."""
    for patient in participants.patients:
        Appointment.objects.create(
            doctor=participants.dora,
            patient=patient,
            date=tasks.TUESDAY,
            time=NOON,
            duration_minutes=30,
            status="cancelled",
        )
    return [
        partial(
            tasks.book_as_doctor,
            participants.dora.user_id,
            patient.pk,
            _staggered(number),
            STAGGERED_MINUTES,
        )
        for number, patient in enumerate(participants.patients)
    ]


def staggered_in_admin(participants: Participants) -> list[Task]:
    return [
        partial(
            tasks.book_in_admin_transaction,
            participants.staff.pk,
            participants.dora.pk,
            patient.pk,
            _staggered(number),
            STAGGERED_MINUTES,
        )
        for number, patient in enumerate(participants.patients)
    ]


def staggered_by_create(participants: Participants) -> list[Task]:
    return [
        partial(
            tasks.create, participants.dora.pk, patient.pk, _staggered(number), STAGGERED_MINUTES
        )
        for number, patient in enumerate(participants.patients)
    ]


def one_patient_two_doctors(participants: Participants) -> list[Task]:
    """Half of the clients book the patient with Dora at 09:00, half with Emil."""
    (patient, *_), doctors = participants.patients, (participants.dora, participants.emil)
    return [
        partial(tasks.book_as_patient, patient.user_id, doctors[number % 2].pk, NINE)
        for number, _ in enumerate(participants.patients)
    ]


def one_patient_two_doctors_by_create(participants: Participants) -> list[Task]:
    (patient, *_), doctors = participants.patients, (participants.dora, participants.emil)
    return [
        partial(
            tasks.create, doctors[number % 2].pk, patient.pk, _staggered(number), STAGGERED_MINUTES
        )
        for number, _ in enumerate(participants.patients)
    ]


def imported(participants: Participants) -> list[Task]:
    """Each client imports an appointment with each doctor, half of them in reverse order."""
    doctors, times = [participants.dora.pk, participants.emil.pk], [NINE, NOON]
    return [
        partial(
            tasks.import_appointments,
            doctors[:: (-1) ** number],
            patient.pk,
            times[:: (-1) ** number],
        )
        for number, patient in enumerate(participants.patients)
    ]


def booked_appointment(
    doctor: Doctor, patient: Patient, time: dt.time, minutes: int = 30
) -> Appointment:
    """Store an appointment that the patient booked before the race."""
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


def rescheduled_into_one_gap(participants: Participants) -> list[Task]:
    """Each client reschedules the appointment of another patient with one doctor to noon."""
    appointments = [
        booked_appointment(participants.dora, patient, time_of(number * GRID_MINUTES), GRID_MINUTES)
        for number, patient in enumerate(participants.patients)
    ]
    return [
        partial(tasks.reschedule, participants.dora.user_id, appointment.pk, NOON)
        for appointment in appointments
    ]


def book_reschedule_cancel(participants: Participants) -> list[Task]:
    """Patient and doctor reschedule and cancel an appointment while others book its times."""
    first, *others = participants.patients
    appointment = booked_appointment(participants.dora, first, NINE)
    changes: list[Task] = [
        partial(tasks.cancel, first.user_id, appointment.pk),
        partial(tasks.reschedule, first.user_id, appointment.pk, dt.time(10)),
        partial(tasks.reschedule, participants.dora.user_id, appointment.pk, dt.time(9, 15)),
    ]
    bookings: list[Task] = [
        partial(tasks.book_as_patient, patient.user_id, participants.dora.pk, time)
        for patient in others
        for time in (NINE, dt.time(9, 30), dt.time(10))
    ]
    pairs = zip(cycle(changes), bookings, strict=False)
    return [*chain.from_iterable(pairs)][: len(participants.patients)]


def check_cancelled_once(_participants: Participants, outcomes: Outcomes) -> list[str]:
    """Exactly one of the clients that cancel succeeds."""
    count = outcomes.count("cancelled")
    return [] if count == 1 else [f"cancelled {count} times"]


def one_key(participants: Participants) -> list[Task]:
    patient = participants.patients[0]
    return [
        partial(tasks.book_with_key, patient.user_id, participants.dora.pk, NINE, "one key")
        for _ in participants.patients
    ]


def check_one_booking(_participants: Participants, outcomes: Outcomes) -> list[str]:
    """All outcomes are equal, and there is one booking."""
    return [] if len(set(outcomes)) == 1 and Appointment.objects.count() == 1 else [*set(outcomes)]


def one_key_two_requests(participants: Participants) -> list[Task]:
    patient = participants.patients[0]
    return [
        partial(
            tasks.book_with_key,
            patient.user_id,
            participants.dora.pk,
            dt.time(9 + number % 2),
            "one key",
        )
        for number, _ in enumerate(participants.patients)
    ]


def check_one_request_booked(_participants: Participants, outcomes: Outcomes) -> list[str]:
    """One half of the clients gets the booking, the other half that the key was used."""
    halves = [set(outcomes[0::2]), set(outcomes[1::2])]
    booked = [{f"pending {pk}"} for pk in Appointment.objects.values_list("pk", flat=True)]
    reused = [{"idempotency_key: idempotency_key_reused"}]
    return [] if halves in (booked + reused, reused + booked) else [*set(outcomes)]


def one_profile(participants: Participants) -> list[Task]:
    Patient.objects.filter(user=participants.newcomer).delete()
    return [
        partial(tasks.upsert_profile, participants.newcomer.pk, f"{number} Main Street")
        for number, _ in enumerate(participants.patients)
    ]


def check_one_profile(participants: Participants, _outcomes: Outcomes) -> list[str]:
    rows = Patient.objects.filter(user=participants.newcomer).count()
    return [] if rows == 1 else [f"{rows} profiles"]


RACES = (
    Race("one slot", one_slot),
    Race("one slot, admin", one_slot_in_admin, can_be_busy=True),
    Race("one slot, bare create()", one_slot_by_create),
    Race("staggered 45 minutes", staggered, guarded_by_ticks_only=True),
    Race(
        "staggered 45 minutes, admin",
        staggered_in_admin,
        guarded_by_ticks_only=True,
        can_be_busy=True,
    ),
    Race("staggered 45 minutes, bare create()", staggered_by_create, guarded_by_ticks_only=True),
    Race("one patient, two doctors", one_patient_two_doctors),
    Race(
        "one patient, two doctors, bare create()",
        one_patient_two_doctors_by_create,
        guarded_by_ticks_only=True,
    ),
    Race("two appointments imported", imported),
    Race("many rescheduled into one gap", rescheduled_into_one_gap),
    Race(
        "book, reschedule and cancel at once",
        book_reschedule_cancel,
        successes=None,
        check=check_cancelled_once,
    ),
    Race("one idempotencyKey", one_key, successes=None, check=check_one_booking),
    Race(
        "one idempotencyKey, two requests",
        one_key_two_requests,
        successes=None,
        check=check_one_request_booked,
    ),
    Race("one profile", one_profile, successes=None, check=check_one_profile),
)
CONTROLS = tuple(race for race in RACES if race.guarded_by_ticks_only)
