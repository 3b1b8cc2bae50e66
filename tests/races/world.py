"""Sets the stage for clients over HTTP: two doctors, patients, and who may be seen when.

Prints, as JSON, the doctors' ids and tokens, each patient's, and Dora's open slots.
"""

import datetime as dt
import json
import sys
from collections.abc import Sequence

from django.core.management import call_command

from clinic import clock
from clinic.booking.availability import SlotCriteria, open_slots, patient_window
from clinic.models import Appointment, Doctor, Patient
from tests.support.fixtures.people import make_doctor, make_patient
from tests.support.global_ids import id_of
from users.authentication import refresh_tokens


def main(arguments: Sequence[str]) -> None:
    call_command("migrate", verbosity=0)
    dora, emil = make_doctor("Dora"), make_doctor("Emil")
    patients = [make_patient(f"Patient{n}") for n in range(int(arguments[0]))]
    for patient in patients:
        _make_theirs(dora, patient)
    now = clock.now()
    tomorrow = now.date() + dt.timedelta(days=1)
    slots = open_slots([dora], SlotCriteria(patient_window(now)), tomorrow, 180)[dora.pk]
    json.dump(
        {
            "doctors": [_party(doctor) for doctor in (dora, emil)],
            "patients": [_party(patient) for patient in patients],
            "slots": [
                {"date": slot.date.isoformat(), "time": f"{slot.time:%H:%M}"} for slot in slots
            ],
        },
        sys.stdout,
    )


def _make_theirs(doctor: Doctor, patient: Patient) -> None:
    """A doctor books their own patients alone: those with any appointment, a cancelled one too."""
    Appointment.objects.create(
        doctor=doctor,
        patient=patient,
        date=dt.date(2026, 1, 5),
        time=dt.time(9),
        duration_minutes=30,
        status="cancelled",
    )


def _party(person: Doctor | Patient) -> dict[str, str]:
    return {"id": id_of(person), "token": refresh_tokens.start(person.user).access_token}
