"""Print the ``BenchmarkData`` of a database as JSON; a separate program, because it needs Django.

Tokens are created directly: signing in over HTTP would hash a thousand passwords.
"""

import json
import sys
from dataclasses import asdict
from datetime import timedelta
from itertools import cycle
from random import Random

from django.contrib.auth.hashers import make_password
from django.db.models import Count
from graphql_jwt.utils import jwt_encode, jwt_payload
from rest_framework_simplejwt.tokens import AccessToken

from clinic import clock
from clinic.booking import availability
from clinic.booking.criteria import SlotCriteria, patient_window
from clinic.booking.terms import terms_by_doctor
from clinic.demo.accounts import PASSWORD
from clinic.models import BusyTick, Doctor, Patient
from tests.benchmarks.data import SPECIALTY, BenchmarkData, Caller, FreeSlot
from users.authentication import refresh_tokens
from users.models import User

# In days from today, after the days that the demo data fills.
FIRST_DAY, DAYS = 120, 120


def main(arguments: list[str]) -> None:
    bookers, free_slots = map(int, arguments)
    Doctor.objects.update(specialty=SPECIALTY, approved=True)
    # Seeded accounts can have the hash of another hasher, which the servers would replace.
    User.objects.update(password=make_password(PASSWORD))
    by_appointments = Doctor.objects.annotate(appointment_count=Count("appointments")).order_by(
        "appointment_count", "pk"
    )
    doctor = by_appointments[len(by_appointments) // 2]
    patients = list(Patient.objects.select_related("user").order_by("pk")[:bookers])
    data = BenchmarkData(
        doctor=caller(doctor.user),
        doctor_id=doctor.pk,
        patients=[caller(patient.user) for patient in patients],
        specialty=SPECIALTY,
        password=PASSWORD,
        free_slots=find_free_slots(patients, free_slots),
    )
    sys.stdout.write(json.dumps(asdict(data)))


def caller(user: User) -> Caller:
    user.refresh_from_db()
    session = refresh_tokens.start(user)
    sid = session.payload["sid"]
    rest = AccessToken.for_user(user)
    rest["sid"] = sid
    return Caller(
        user_id=user.pk,
        email=user.email,
        tokens={
            "ours": session.access_token,
            "rest": str(rest),
            "stock": jwt_encode({**jwt_payload(user), "sid": sid}),
        },
    )


def find_free_slots(patients: list[Patient], limit: int) -> list[FreeSlot]:
    """Return slots that can all be booked: none takes time that another one takes of a person.

    Without those of doctors who take a limited number of appointments a day.
    """
    now = clock.now()
    first_day = now.date() + timedelta(days=FIRST_DAY)
    people = [patient.user_id for patient in patients]
    busy = set(BusyTick.objects.filter(person__in=people).values_list("person", "tick"))
    doctors = {doctor.pk: doctor for doctor in Doctor.objects.bookable()}
    terms = {
        pk: of_doctor
        for pk, of_doctor in terms_by_doctor(doctors.values()).items()
        if of_doctor.max_per_day is None
    }
    searched = [doctors[pk] for pk in terms]
    found = availability.open_slots(searched, SlotCriteria(patient_window(now)), first_day, DAYS)
    slots = [(doctors[pk], slot) for pk, slots in found.items() for slot in slots]
    Random(1).shuffle(slots)  # noqa: S311 - repeatable, not secret
    free_slots: list[FreeSlot] = []
    for (doctor, slot), (patient, person) in zip(slots, cycle(enumerate(people)), strict=False):
        ticks = {(person, tick) for tick in slot.ticks}
        # An appointment can be longer than a slot, and have buffers.
        ticks |= {(doctor.user_id, tick) for tick in terms[doctor.pk].doctor_ticks(slot)}
        if busy.isdisjoint(ticks):
            busy |= ticks
            date, time = slot.date.isoformat(), slot.time.isoformat()
            free_slots.append(FreeSlot(patient, doctor.pk, date, time))
        if len(free_slots) == limit:
            break
    return free_slots
