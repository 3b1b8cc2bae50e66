"""Filters of ``patients``: name in any order, date of birth and telephone number."""

import pytest

from clinic.models import Doctor, Patient
from tests.support.api_client import Api
from tests.support.booking import NINE, TEN, TUESDAY, book_as_patient
from tests.support.graphql_responses import root_value

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def patients(ann: Patient, ben: Patient, dora: Doctor) -> None:
    """Ann and Ben, patients of Dora, with different dates of birth and telephone numbers."""
    book_as_patient(ann, dora, TUESDAY, NINE)
    book_as_patient(ben, dora, TUESDAY, TEN)
    Patient.objects.filter(pk=ann.pk).update(phone_number="+4930123456")
    Patient.objects.filter(pk=ben.pk).update(date_of_birth="1985-01-02")


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ({"dateOfBirth": "1990-05-17"}, ["Ann"]),
        ({"dateOfBirth": "1985-01-02"}, ["Ben"]),
        ({"dateOfBirth": "1985-01-03"}, []),
        ({"phoneNumber": "030 123456"}, ["Ann"]),
        ({"phoneNumber": "+49 30 123456"}, ["Ann"]),
        ({"phoneNumber": "0049 (0)30-123456"}, ["Ann"]),
        ({"phoneNumber": "030 123457"}, []),
        ({"phoneNumber": "no number"}, []),
        ({"phoneNumber": "030 123456 Oma"}, []),
        ({"phoneNumber": ""}, ["Ann", "Ben"]),
        ({"phoneNumber": None, "dateOfBirth": None}, ["Ann", "Ben"]),
        ({"search": "example ANN"}, ["Ann"]),
        ({"search": "Ben", "dateOfBirth": "1990-05-17"}, []),
    ],
)
def test_patients_filters_find_by_name_birth_date_and_telephone(
    api: Api, dora: Doctor, filters: dict[str, str | None], found: list[str]
) -> None:
    page = root_value(api("FindPatients", {"filters": filters}, user=dora.user))
    assert [edge["node"]["user"]["firstName"] for edge in page["edges"]] == found
