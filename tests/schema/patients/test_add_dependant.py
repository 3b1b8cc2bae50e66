"""``addDependant``."""

from typing import Any

import pytest
from pytest_django import Settings

from clinic.errors import BookingErrorCode
from clinic.models import AccessRecord, Patient
from tests.support.api_client import Api
from tests.support.global_ids import id_of
from tests.support.graphql_responses import error_code, operation_info, root_value
from users.common.rate_limits import Throttle
from users.models import User

pytestmark = pytest.mark.django_db

KIM = {
    "firstName": "Kim",
    "lastName": "Example",
    "dateOfBirth": "2018-06-01",
    "relationship": "PARENT",
}
LIMIT_MESSAGE = "An account can act for at most 2 patients. Remove one first, or ask the clinic."
NAMES = "query { me { patients { user { firstName } } } }"


def add(api: Api, user: User, **sent: object) -> Any:
    return root_value(api("AddDependant", {"input": KIM | sent}, user=user))


def names_of_patients(api: Api, user: User) -> list[str]:
    me = root_value(api(NAMES, user=user))
    return [patient["user"]["firstName"] for patient in me["patients"]]


def test_add_dependant_creates_patient_who_cannot_sign_in(api: Api, olga: User) -> None:
    """The caller needs no patient profile."""
    added = add(api, olga, gender="FEMALE")
    patient = Patient.objects.select_related("user").get()
    assert added == {
        "__typename": "Patient",
        "id": id_of(patient),
        "dateOfBirth": "2018-06-01",
        "user": {"firstName": "Kim", "lastName": "Example", "email": None},
        "guardians": [
            {
                "person": {
                    "id": id_of(olga, "Person"),
                    "firstName": "Olga",
                    "lastName": "Example",
                },
                "relationship": "PARENT",
            }
        ],
    }
    kim = patient.user
    assert (kim.is_patient, kim.gender) == (True, "female")
    assert not kim.email
    assert not kim.has_usable_password()
    assert names_of_patients(api, olga) == ["Kim"]


def test_add_dependant_takes_null_gender_for_undisclosed(api: Api, olga: User) -> None:
    add(api, olga, gender=None)
    assert Patient.objects.select_related("user").get().user.gender == "undisclosed"


def test_add_dependant_is_recorded_as_change_on_behalf_of_dependant(api: Api, ann: Patient) -> None:
    add(api, ann.user)
    [record] = AccessRecord.objects.select_related("actor", "on_behalf_of")
    assert (record.actor.first_name, record.on_behalf_of and record.on_behalf_of.first_name) == (
        "Ann",
        "Kim",
    )
    assert (record.action, record.operation) == ("change", "AddDependant")


def test_add_dependant_reports_errors_by_field(api: Api, ann: Patient) -> None:
    rejected = add(api, ann.user, firstName=" ", lastName="x" * 151, dateOfBirth="2030-01-01")
    assert {(message["field"], message["code"]) for message in rejected["messages"]} == {
        ("firstName", "required"),
        ("lastName", "max_length"),
        ("dateOfBirth", "max_value"),
    }
    assert names_of_patients(api, ann.user) == ["Ann"]


def test_add_dependant_above_limit_is_invalid(api: Api, ann: Patient, settings: Settings) -> None:
    settings.MAX_DEPENDANTS = 2
    assert [add(api, ann.user, firstName=name)["__typename"] for name in ("Kim", "Lea")] == [
        "Patient",
        "Patient",
    ]
    assert add(api, ann.user, firstName="Mia") == operation_info(
        BookingErrorCode.INVALID, message=LIMIT_MESSAGE
    )
    assert names_of_patients(api, ann.user) == ["Ann", "Kim", "Lea"]


def test_add_dependant_is_rate_limited(api: Api, olga: User) -> None:
    """Otherwise one account could create any number of patients by removing each again."""
    limit = int(Throttle.DEPENDANTS_PER_USER.value.partition("/")[0])
    for _ in range(limit):
        add(api, olga, firstName="")
    assert error_code(api("AddDependant", {"input": KIM}, user=olga)) == "RATE_LIMITED"
