"""Create doctors and patients for clients over HTTP and print them as JSON.

The output has the IDs and access tokens of two doctors and of each patient, and the open slots of
the first doctor.
"""

import datetime as dt
import json
import sys
from collections.abc import Sequence

from django.core.management import call_command
from django.test import override_settings

from clinic import clock
from clinic.booking.availability import open_slots
from clinic.booking.criteria import SlotCriteria, patient_window
from clinic.models import Appointment, Doctor, Patient
from tests.support.fixtures.people import make_doctor, make_patient
from tests.support.global_ids import id_of
from users.authentication import refresh_tokens

FAST_HASHER = "django.contrib.auth.hashers.MD5PasswordHasher"


def main(arguments: Sequence[str]) -> None:
    call_command("migrate", verbosity=0)
    # They use tokens. With the hashes of production it would take minutes to create a hundred.
    with override_settings(PASSWORD_HASHERS=[FAST_HASHER]):
        dora, emil = make_doctor("Dora"), make_doctor("Emil")
        patients = [make_patient(f"Patient{n}") for n in range(int(arguments[0]))]
    for patient in patients:
        _make_patient_of(dora, patient)
    now = clock.now()
    tomorrow = now.date() + dt.timedelta(days=1)
    slots = open_slots([dora], SlotCriteria(patient_window(now)), tomorrow, 180)[dora.pk]
    json.dump(
        {
            "doctors": [_credentials(doctor) for doctor in (dora, emil)],
            "patients": [_credentials(patient) for patient in patients],
            "slots": [
                {"date": slot.date.isoformat(), "time": f"{slot.time:%H:%M}"} for slot in slots
            ],
        },
        sys.stdout,
    )


def _make_patient_of(doctor: Doctor, patient: Patient) -> None:
    """Store a cancelled appointment: doctors can book only patients they have appointments with."""
    Appointment.objects.create(
        doctor=doctor,
        patient=patient,
        date=dt.date(2026, 1, 5),
        time=dt.time(9),
        duration_minutes=30,
        status="cancelled",
    )


def _credentials(person: Doctor | Patient) -> dict[str, str]:
    return {"id": id_of(person), "token": refresh_tokens.start(person.user).access_token}
