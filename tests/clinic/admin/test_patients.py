import datetime as dt

import pytest
from pytest_django import DjangoAssertNumQueries

from clinic.models import Patient
from tests.support.admin_client import AdminMessages, Desk
from tests.support.fixtures.people import make_patient, make_user
from users.models import User

pytestmark = pytest.mark.django_db

ADD, LIST = "clinic/patient/add/", "clinic/patient/"


def names(desk: Desk, query: str = "") -> list[str]:
    rows = desk.open(f"{LIST}?{query}").context["cl"].result_list
    return [patient.user.first_name for patient in rows]


def test_staff_fill_in_the_profile_of_an_account(desk: Desk) -> None:
    user = make_user("Nora", is_patient=True)
    said = desk.save(
        ADD,
        user=user.pk,
        date_of_birth="1980-02-29",
        address="Beispielweg 1",
        emergency_contact_phone="030 23125 002",
    )
    patient = Patient.objects.get(user=user)
    assert said.errors == {}
    assert (patient.date_of_birth, patient.address, str(patient.emergency_contact_phone)) == (
        dt.date(1980, 2, 29),
        "Beispielweg 1",
        "+493023125002",
    )


def test_an_account_without_the_role_is_an_error_of_the_account(desk: Desk, olga: User) -> None:
    assert desk.save(ADD, user=olga.pk, date_of_birth="1980-02-29") == AdminMessages(
        [],
        {
            "user": [
                "This account does not have that role. Grant it on the account's own page first."
            ]
        },
    )
    assert not Patient.objects.exists()


@pytest.mark.parametrize(
    ("birth", "error"),
    [
        ("2026-03-03", "Ensure this value is less than or equal to 2026-03-02."),
        ("1896-03-01", "Ensure this value is greater than or equal to 1896-03-02."),
        ("soon", "Enter a valid date."),
    ],
)
def test_a_birth_date_that_cannot_be_is_an_error_of_its_field(
    desk: Desk, ann: Patient, birth: str, error: str
) -> None:
    said = desk.save(f"clinic/patient/{ann.pk}/change/", date_of_birth=birth)
    assert said == AdminMessages([], {"date_of_birth": [error]})


@pytest.mark.parametrize(
    ("query", "found"),
    [("", ["Ann", "Ben"]), ("q=BEN", ["Ben"]), ("q=ann%40example.org", ["Ann"]), ("q=Zoe", [])],
)
def test_patients_are_found_by_name_and_address(
    desk: Desk, ann: Patient, ben: Patient, query: str, found: list[str]
) -> None:
    assert names(desk, query) == found


@pytest.mark.parametrize("number", [1, 20])
def test_the_list_takes_the_same_queries_however_long_it_is(
    desk: Desk, number: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for place in range(number):
        make_patient(f"Patient{place}")
    desk.open(LIST)
    with django_assert_num_queries(6):
        assert len(names(desk)) == number
