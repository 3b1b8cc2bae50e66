"""The cast: the same few people in every test.

Ann and Ben are patients, Dora and Emil doctors with the default week (Monday to
Friday, 09:00 to 17:00, slots of 30 minutes). Olga has an account and no role,
Sam works at the desk.
"""

import datetime as dt

import pytest

from clinic.models import Doctor, Patient
from clinic.profiles import upsert_doctor, upsert_patient
from users.models import User

PASSWORD = "correct horse battery staple"
NEW_PASSWORD = "a fresh long secret"
# What Eva, who has no account yet, registers with.
EVA = {
    "email": "eva@example.org",
    "password": PASSWORD,
    "firstName": "Eva",
    "lastName": "Example",
    "role": "PATIENT",
}


def make_user(name: str, **roles: bool) -> User:
    user = User(email=f"{name.lower()}@example.org", first_name=name, last_name="Example", **roles)
    user.set_password(PASSWORD)
    user.save()
    return user


def make_patient(name: str) -> Patient:
    user = make_user(name, is_patient=True)
    return upsert_patient(user, date_of_birth=dt.date(1990, 5, 17))


def make_doctor(name: str, specialty: str = "Cardiology") -> Doctor:
    user = make_user(name, is_doctor=True)
    doctor = upsert_doctor(
        user, specialty=specialty, phone_number="+4930123456", experience_years=12
    )
    doctor.approved = True
    doctor.save()
    return doctor


def become_patient(doctor: Doctor) -> Patient:
    """Give the doctor's account the other role as well."""
    doctor.user.is_patient = True
    doctor.user.save()
    return upsert_patient(doctor.user, date_of_birth=dt.date(1980, 1, 1))


@pytest.fixture
def ann(db: None) -> Patient:
    return make_patient("Ann")


@pytest.fixture
def ben(db: None) -> Patient:
    return make_patient("Ben")


@pytest.fixture
def dora(db: None) -> Doctor:
    return make_doctor("Dora")


@pytest.fixture
def emil(db: None) -> Doctor:
    return make_doctor("Emil", "Dermatology")


@pytest.fixture
def olga(db: None) -> User:
    return make_user("Olga")


@pytest.fixture
def sam(db: None) -> User:
    return make_user("Sam", is_staff=True, is_superuser=True)
