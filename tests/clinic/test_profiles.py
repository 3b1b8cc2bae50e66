"""Creating and changing profiles."""

import datetime as dt
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from time_machine import Traveller

from clinic.errors import RoleRequired
from clinic.models import Doctor, Patient
from clinic.profiles import upsert_doctor, upsert_patient
from tests.support.fixtures.people import make_user
from users.models import User

DOCTOR = {"specialty": "Surgery", "phone_number": "030 123456", "experience_years": 0}
BORN = {"date_of_birth": dt.date(1990, 5, 17)}


@pytest.fixture
def both(db: None) -> User:
    """A user with both roles and without profiles."""
    return make_user("Bo", is_doctor=True, is_patient=True)


def codes(error: ValidationError) -> dict[str, list[str | None]]:
    return {field: [error_.code for error_ in errors] for field, errors in error.error_dict.items()}


def doctor_errors(user: User, **changes: Any) -> dict[str, list[str | None]]:
    with pytest.raises(ValidationError) as caught:
        upsert_doctor(user, **changes)
    return codes(caught.value)


def patient_errors(user: User, **changes: Any) -> dict[str, list[str | None]]:
    with pytest.raises(ValidationError) as caught:
        upsert_patient(user, **changes)
    return codes(caught.value)


def test_upsert_doctor_creates_unapproved_doctor_with_default_week(both: User) -> None:
    doctor = upsert_doctor(both, **DOCTOR)
    assert Doctor.objects.values().get() == {
        "id": doctor.pk,
        "user_id": both.pk,
        "specialty": "Surgery",
        "specialty_key": "surgery",
        "specialty_folded": "surgery",
        "phone_number": "+4930123456",
        "experience_years": 0,
        "slot_minutes": 30,
        "approved": False,
    }
    assert list(doctor.working_hours.values_list("weekday", "start_time", "end_time")) == [
        (day, dt.time(9), dt.time(17)) for day in range(5)
    ]


def test_upsert_doctor_approves_if_approval_is_not_required(both: User, settings: Any) -> None:
    settings.DOCTOR_APPROVAL_REQUIRED = False
    assert upsert_doctor(both, **DOCTOR).approved is True


def test_upsert_doctor_keeps_omitted_fields_and_week(both: User) -> None:
    doctor = upsert_doctor(both, **DOCTOR)
    doctor.working_hours.all().delete()
    again = upsert_doctor(both, slot_minutes=45)
    assert (again.pk, again.specialty, again.slot_minutes, again.working_hours.count()) == (
        doctor.pk,
        "Surgery",
        45,
        0,
    )


def test_upsert_patient_creates_and_changes_profile(both: User) -> None:
    first = upsert_patient(both, **BORN, address="1 Main Street", emergency_contact_name="Al")
    upsert_patient(both, emergency_contact_phone="+44 20 7946 0000", address="")
    assert Patient.objects.values().get() == {
        "id": first.pk,
        "user_id": both.pk,
        "date_of_birth": BORN["date_of_birth"],
        "phone_number": "",
        "registering_doctor_id": None,
        "registered_on": None,
        "address": "",
        "emergency_contact_name": "Al",
        "emergency_contact_phone": "+442079460000",
    }


def test_upsert_requires_fields_of_new_profile(both: User) -> None:
    assert [doctor_errors(both), patient_errors(both)] == [
        {"specialty": ["blank"], "phone_number": ["blank"], "experience_years": ["null"]},
        {"date_of_birth": ["null"]},
    ]


@pytest.mark.parametrize(
    ("change", "answer"),
    [
        ({"experience_years": -1}, {"experience_years": ["min_value"]}),
        ({"experience_years": 81}, {"experience_years": ["max_value"]}),
        ({"slot_minutes": 0}, {"slot_minutes": ["min_value"]}),
        ({"slot_minutes": 485}, {"slot_minutes": ["max_value"]}),
        ({"slot_minutes": 7}, {"slot_minutes": ["off_grid"]}),
        ({"phone_number": "12"}, {"phone_number": ["invalid"]}),
        ({"specialty": ""}, {"specialty": ["blank"]}),
        ({"specialty": "a\x00b"}, {"specialty": ["invalid"]}),
        ({"specialty": "x" * 101}, {"specialty": ["max_length"]}),
    ],
)
def test_upsert_doctor_rejects_invalid_fields_and_saves_nothing(
    both: User, change: dict[str, Any], answer: dict[str, list[str]]
) -> None:
    assert (doctor_errors(both, **DOCTOR | change), Doctor.objects.count()) == (answer, 0)


@pytest.mark.parametrize(
    ("born", "answer"),
    [
        (dt.date(2026, 3, 2), None),
        (dt.date(2026, 3, 3), {"date_of_birth": ["max_value"]}),
        (dt.date(1896, 3, 2), None),
        (dt.date(1896, 3, 1), {"date_of_birth": ["min_value"]}),
    ],
)
def test_date_of_birth_is_within_last_130_years(
    both: User, born: dt.date, answer: dict[str, list[str]] | None
) -> None:
    if answer is None:
        assert upsert_patient(both, date_of_birth=born).date_of_birth == born
    else:
        assert patient_errors(both, date_of_birth=born) == answer


def test_earliest_birth_date_on_leap_day_is_first_of_march(both: User, clock: Traveller) -> None:
    clock.move_to("2028-02-29T12:00:00+01:00")
    assert patient_errors(both, date_of_birth=dt.date(1898, 2, 28)) == {
        "date_of_birth": ["min_value"]
    }
    assert upsert_patient(both, date_of_birth=dt.date(1898, 3, 1)).pk is not None


def test_upsert_requires_role(olga: User) -> None:
    with pytest.raises(RoleRequired):
        upsert_doctor(olga, **DOCTOR)
    with pytest.raises(RoleRequired):
        upsert_patient(olga, **BORN)
