"""Who calls, and what they ask for. A program of its own, for it needs Django.

Prints the scene as JSON. Tokens are made as each peer makes them, without the
hashing of a thousand passwords.
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
from clinic.demo.accounts import PASSWORD
from clinic.models import BusyTick, Doctor, Patient
from tests.benchmarks.callers import Caller, Scene, Wish
from users.authentication import refresh_tokens
from users.models import User

SPECIALTY = "General practice"
BOOKERS = 400
# Far enough from today that the clinic is not full yet.
FIRST_DAY, DAYS = 120, 120


def main(arguments: list[str]) -> None:
    wishes = int(arguments[0])
    # Everybody can be booked and is of one specialty, so that R4 looks at all of them.
    Doctor.objects.update(specialty=SPECIALTY, approved=True)
    # Seeded accounts may have another hasher's hash; the servers would renew it at sign-in.
    User.objects.update(password=make_password(PASSWORD))
    by_appointments = Doctor.objects.annotate(appointment_count=Count("appointments")).order_by(
        "appointment_count", "pk"
    )
    doctor = by_appointments[len(by_appointments) // 2]
    patients = list(Patient.objects.select_related("user").order_by("pk")[:BOOKERS])
    scene = Scene(
        doctor=caller(doctor.user),
        doctor_id=doctor.pk,
        patients=[caller(patient.user) for patient in patients],
        specialty=SPECIALTY,
        password=PASSWORD,
        wishes=free_times(patients, wishes),
    )
    sys.stdout.write(json.dumps(asdict(scene)))


def caller(user: User) -> Caller:
    user.refresh_from_db()
    sign_in = refresh_tokens.start(user)
    sid = sign_in.payload["sid"]
    rest = AccessToken.for_user(user)
    rest["sid"] = sid
    return Caller(
        user_id=user.pk,
        email=user.email,
        tokens={
            "ours": sign_in.access_token,
            "rest": str(rest),
            "stock": jwt_encode({**jwt_payload(user), "sid": sid}),
        },
    )


def free_times(patients: list[Patient], most: int) -> list[Wish]:
    """Times at which a doctor and a patient are free, each taken by no other wish."""
    now = clock.now()
    first_day = now.date() + timedelta(days=FIRST_DAY)
    people = [patient.user_id for patient in patients]
    busy = set(BusyTick.objects.filter(person__in=people).values_list("person", "tick"))
    found = availability.open_slots(
        Doctor.objects.bookable(),
        availability.SlotCriteria(availability.patient_window(now)),
        first_day,
        DAYS,
    )
    slots = [(doctor_pk, slot) for doctor_pk, slots in found.items() for slot in slots]
    Random(1).shuffle(slots)  # noqa: S311 - repeatable, not secret
    wishes = []
    for (doctor_pk, slot), (place, person) in zip(slots, cycle(enumerate(people)), strict=False):
        ticks = {(person, tick) for tick in slot.ticks}
        if busy.isdisjoint(ticks):
            busy |= ticks
            wishes.append(Wish(place, doctor_pk, slot.date.isoformat(), slot.time.isoformat()))
        if len(wishes) == most:
            break
    return wishes
