import datetime as dt

import pytest
from pytest_django import DjangoAssertNumQueries

from clinic.models import Patient
from tests.support.admin_client import AdminClient, AdminResponse
from tests.support.fixtures.people import make_patient, make_user
from users.models import User

pytestmark = pytest.mark.django_db

ADD, LIST = "clinic/patient/add/", "clinic/patient/"


def names(admin: AdminClient, query: str = "") -> list[str]:
    rows = admin.open(f"{LIST}?{query}").context["cl"].result_list
    return [patient.user.first_name for patient in rows]


def test_patient_form_creates_a_profile(admin: AdminClient) -> None:
    user = make_user("Nora", is_patient=True)
    response = admin.save(
        ADD,
        user=user.pk,
        date_of_birth="1980-02-29",
        address="Beispielweg 1",
        emergency_contact_phone="030 23125 002",
    )
    patient = Patient.objects.get(user=user)
    assert response.errors == {}
    assert (patient.date_of_birth, patient.address, str(patient.emergency_contact_phone)) == (
        dt.date(1980, 2, 29),
        "Beispielweg 1",
        "+493023125002",
    )


def test_patient_form_rejects_an_account_without_the_role(admin: AdminClient, olga: User) -> None:
    assert admin.save(ADD, user=olga.pk, date_of_birth="1980-02-29") == AdminResponse(
        [],
        {"user": ["This account does not have this role. Add the role on the account's page."]},
    )
    assert not Patient.objects.exists()


@pytest.mark.parametrize(
    ("birth", "error"),
    [
        ("2026-03-03", "Ensure this value is less than or equal to 2026-03-02."),
        ("1896-03-01", "Ensure this value is greater than or equal to 1896-03-02."),
        ("soon", "Enter the date as YYYY-MM-DD, for example 2026-11-30."),
    ],
)
def test_patient_form_rejects_invalid_birth_dates(
    admin: AdminClient, ann: Patient, birth: str, error: str
) -> None:
    response = admin.save(f"clinic/patient/{ann.pk}/change/", date_of_birth=birth)
    assert response == AdminResponse([], {"date_of_birth": [error]})


@pytest.mark.parametrize(
    ("query", "found"),
    [("", ["Ann", "Ben"]), ("q=BEN", ["Ben"]), ("q=ann%40example.org", ["Ann"]), ("q=Zoe", [])],
)
def test_patient_list_searches_by_name_and_email(
    admin: AdminClient, ann: Patient, ben: Patient, query: str, found: list[str]
) -> None:
    assert names(admin, query) == found


@pytest.mark.parametrize("number", [1, 20])
def test_patient_list_uses_a_constant_number_of_queries(
    admin: AdminClient, number: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for index in range(number):
        make_patient(f"Patient{index}")
    admin.open(LIST)
    with django_assert_num_queries(6):
        assert len(names(admin)) == number
