"""The service that registers patients without an account."""

import datetime as dt
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from clinic import clock
from clinic.errors import PossibleDuplicate
from clinic.models import Doctor, Patient
from clinic.people.registration import NewPatient, register_patient
from users.models import Gender, User

pytestmark = pytest.mark.django_db

HEDWIG = {
    "first_name": " Hedwig ",
    "last_name": "Meyer",
    "date_of_birth": dt.date(1950, 1, 31),
    "phone_number": "030 123459",
}


def register(actor: User, doctor: Doctor | None = None, **values: Any) -> Patient:
    as_staff = values.pop("as_staff", doctor is None)
    anyway = values.pop("register_anyway", False)
    return register_patient(
        actor=actor,
        person=NewPatient(**{**HEDWIG, **values}),
        now=clock.now(),
        as_staff=as_staff,
        doctor=doctor,
        register_anyway=anyway,
    )


def error_codes(error: ValidationError) -> dict[str, list[Any]]:
    return {field: [item.code for item in errors] for field, errors in error.error_dict.items()}


def test_register_patient_stores_a_person_who_cannot_sign_in(sam: User) -> None:
    patient = register(
        sam,
        email="Hedwig@Example.org",
        gender=Gender.FEMALE,
        address=" Elm Street 1 ",
        emergency_contact_name="Otto",
        emergency_contact_phone="030 123457",
    )
    patient.refresh_from_db()
    user = User.objects.get(pk=patient.user_id)
    assert (user.first_name, user.last_name, user.gender, user.is_patient, user.is_doctor) == (
        *("Hedwig", "Meyer", "female", True, False),
    )
    assert (user.email, user.can_sign_in, user.has_usable_password()) == (None, False, False)
    assert (str(patient.phone_number), patient.address, patient.emergency_contact_name) == (
        *("+4930123459", "Elm Street 1", "Otto"),
    )
    assert (patient.date_of_birth, str(patient.emergency_contact_phone)) == (
        *(dt.date(1950, 1, 31), "+4930123457"),
    )
    assert (patient.registering_doctor, patient.registered_on) == (None, None)


def test_register_patient_for_a_doctor_stores_the_doctor_and_the_day(dora: Doctor) -> None:
    patient = Patient.objects.get(pk=register(dora.user, dora).pk)
    assert (patient.registering_doctor, patient.registered_on) == (dora, dt.date(2026, 3, 2))


def test_register_patient_rejects_a_doctor_who_is_not_approved(dora: Doctor) -> None:
    dora.approved = False
    dora.save()
    with pytest.raises(ValidationError) as caught:
        register(dora.user, dora)
    assert error_codes(caught.value) == {"doctor_id": ["not_found"]}


def test_register_patient_reports_all_invalid_fields(sam: User) -> None:
    with pytest.raises(ValidationError) as caught:
        register(
            sam,
            first_name=" ",
            last_name="x" * 151,
            date_of_birth=dt.date(2026, 3, 3),
            phone_number="12",
            email="nobody",
            address="x" * 301,
        )
    assert error_codes(caught.value) == {
        "first_name": ["blank"],
        "last_name": ["max_length"],
        "date_of_birth": ["max_value"],
        "phone_number": ["invalid"],
        "email": ["invalid"],
        "address": ["max_length"],
    }
    assert not Patient.objects.exists()


def test_register_patient_asks_staff_about_a_likely_duplicate(sam: User) -> None:
    first = register(sam)
    with pytest.raises(PossibleDuplicate) as caught:
        register(sam, first_name="Meyer", last_name="hédwig", phone_number="")
    assert error_codes(caught.value) == {"__all__": ["possible_duplicate"]}
    assert [(person.name, person.patient_id) for person in caught.value.people] == [
        ("Hedwig Meyer", first.pk)
    ]
    assert Patient.objects.count() == 1
    register(sam, register_anyway=True)
    assert Patient.objects.count() == 2


def test_register_patient_tells_doctors_nothing_about_whom_the_clinic_knows(
    sam: User, dora: Doctor, ann: Patient
) -> None:
    register(sam)
    register(dora.user, dora)
    register(dora.user, dora, email=ann.user.email)
    assert Patient.objects.count() == 4
