"""Register and merge patients, for the tests of merging."""

import datetime as dt
from typing import Any

from clinic import clock
from clinic.models import Patient
from clinic.people.merging import merge_patients
from clinic.people.registration import NewPatient, register_patient
from users.models import Gender, User


def registered(actor: User, first_name: str, **values: Any) -> Patient:
    person = NewPatient(
        first_name=first_name,
        last_name="Example",
        date_of_birth=dt.date(1990, 5, 17),
        **{"phone_number": "030 123456", "gender": Gender.FEMALE, **values},
    )
    patient = register_patient(
        actor=actor, person=person, now=clock.now(), as_staff=True, register_anyway=True
    )
    return Patient.objects.select_related("user").get(pk=patient.pk)


def merge(actor: User, kept: Patient, merged: Patient) -> None:
    merge_patients(actor=actor, kept_id=kept.pk, merged_id=merged.pk, now=clock.now())
