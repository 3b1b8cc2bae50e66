"""``registerPatient``: who can send it, what they are answered, and what the audit log says."""

from typing import Any

import pytest

from clinic.errors import BookingErrorCode
from clinic.models import Assistant, Doctor, Patient
from tests.support.access_records import recorded_accesses
from tests.support.api_client import Api
from tests.support.fixtures.people import make_user
from tests.support.global_ids import id_of, node_id
from tests.support.graphql_responses import error_code, operation_info, root_value, validation_info
from tests.support.permissions import grant
from users.common.rate_limits import Throttle
from users.models import User

pytestmark = pytest.mark.django_db

HEDWIG = {"firstName": "Hedwig", "lastName": "Meyer", "dateOfBirth": "1950-01-31"}
NOT_NAMED = (
    "The clinic may know this person already. Look for them first, and register them only if it "
    "is somebody else."
)


@pytest.fixture
def reception(db: None) -> User:
    """A member of staff who can register and read patients."""
    return grant(make_user("Rita", is_staff=True), "add_patient", "view_patient")


@pytest.fixture
def assistant(dora: Doctor) -> User:
    """A user without a role who is named as Dora's assistant."""
    user = make_user("Arne")
    Assistant.objects.create(doctor=dora, user=user)
    assistant: User = User.objects.get(pk=user.pk)
    return assistant


def register(api: Api, user: User, **sent: object) -> Any:
    return root_value(api("RegisterPatient", {"input": {**HEDWIG, **sent}}, user=user))


def registered(**changes: object) -> dict[str, object]:
    return {
        "__typename": "Patient",
        "id": id_of(Patient.objects.latest("pk")),
        "dateOfBirth": "1950-01-31",
        "phoneNumber": "",
        "address": "",
        "emergencyContactName": "",
        "emergencyContactPhone": "",
        "user": {"firstName": "Hedwig", "lastName": "Meyer", "email": None},
    } | changes


def test_register_patient_by_staff_creates_a_patient_of_no_doctor(
    api: Api, reception: User
) -> None:
    answer = register(api, reception, phoneNumber="030 123459", address="Elm Street 1")
    assert answer == registered(phoneNumber="+4930123459", address="Elm Street 1")
    assert Patient.objects.get().registering_doctor is None


def test_register_patient_by_staff_for_a_doctor(api: Api, reception: User, dora: Doctor) -> None:
    assert register(api, reception, doctorId=id_of(dora)) == registered()
    assert Patient.objects.get().registering_doctor == dora


def test_register_patient_by_a_doctor_is_for_that_doctor(
    api: Api, dora: Doctor, emil: Doctor
) -> None:
    assert register(api, dora.user) == registered()
    assert register(api, dora.user, doctorId=id_of(dora)) == registered()
    assert set(Patient.objects.values_list("registering_doctor", flat=True)) == {dora.pk}


def test_register_patient_by_an_assistant_is_for_the_doctor(
    api: Api, assistant: User, dora: Doctor
) -> None:
    assert register(api, assistant) == registered()
    assert register(api, assistant, doctorId=id_of(dora)) == registered()
    assert set(Patient.objects.values_list("registering_doctor", flat=True)) == {dora.pk}


def test_register_patient_by_an_assistant_of_several_doctors_needs_the_doctor(
    api: Api, assistant: User, dora: Doctor, emil: Doctor
) -> None:
    Assistant.objects.create(doctor=emil, user=assistant)
    assert register(api, assistant) == operation_info(BookingErrorCode.REQUIRED, "doctorId")
    assert register(api, assistant, doctorId=id_of(emil)) == registered()
    assert Patient.objects.get().registering_doctor == emil


def test_register_patient_for_a_foreign_doctor_is_not_found_like_a_nonexistent_one(
    api: Api, assistant: User, dora: Doctor, emil: Doctor, reception: User
) -> None:
    not_found = operation_info(BookingErrorCode.NOT_FOUND, "doctorId")
    for user in (assistant, dora.user):
        assert register(api, user, doctorId=id_of(emil)) == not_found
        assert register(api, user, doctorId=node_id("Doctor", 999999)) == not_found
    assert register(api, reception, doctorId=node_id("Doctor", 999999)) == not_found


def test_register_patient_requires_permission_or_a_doctor(
    api: Api, ann: Patient, olga: User, dora: Doctor
) -> None:
    clerk = grant(make_user("Cleo", is_staff=True), "view_patient")
    former = make_user("Fred")
    User.objects.filter(pk=former.pk).update(acts_for_doctors=True)
    for user in (ann.user, olga, clerk, former):
        assert register(api, user) == operation_info(BookingErrorCode.ROLE_REQUIRED)
    new_doctor = make_user("Nils", is_doctor=True)
    assert register(api, new_doctor) == operation_info(BookingErrorCode.PROFILE_REQUIRED)
    assert Patient.objects.count() == 1


def test_register_patient_names_likely_duplicates_to_staff_who_read_records(
    api: Api, reception: User
) -> None:
    register(api, reception)
    known = Patient.objects.get()
    message = (
        f"The clinic may know this person already: Hedwig Meyer, born 1950-01-31 "
        f"({id_of(known)}). Register them only if it is somebody else."
    )
    answer = register(api, reception, firstName="HEDWIG")
    assert answer == validation_info((None, "possible_duplicate", message))
    assert recorded_accesses()[1:] == [
        (
            *("Rita", "read", "RegisterPatient", "Hedwig"),
            ["Patient.dateOfBirth", "Patient.id", "Person.firstName", "Person.lastName"],
        )
    ]
    assert register(api, reception, registerAnyway=True) == registered()


def test_register_patient_names_nobody_to_staff_who_cannot_read_records(
    api: Api, reception: User, ann: Patient
) -> None:
    clerk = grant(make_user("Cleo", is_staff=True), "add_patient")
    answer = register(api, clerk, email="ann@example.org")
    assert answer == validation_info((None, "possible_duplicate", NOT_NAMED))
    assert recorded_accesses() == []


def test_register_patient_does_not_tell_doctors_and_assistants_whom_the_clinic_knows(
    api: Api, reception: User, dora: Doctor, assistant: User, ann: Patient
) -> None:
    register(api, reception)
    for user in (dora.user, assistant):
        assert register(api, user, email="ann@example.org") == registered()
    User.objects.get(email="ann@example.org")


def test_register_patient_reports_errors_by_field(api: Api, dora: Doctor) -> None:
    answer = register(api, dora.user, firstName=" ", phoneNumber="abc", email="nobody")
    assert [(message["field"], message["code"]) for message in answer["messages"]] == [
        ("firstName", "required"),
        ("phoneNumber", "invalid"),
        ("email", "invalid"),
    ]


def test_register_patient_is_recorded_as_a_change_by_the_actor(
    api: Api, reception: User, dora: Doctor, assistant: User
) -> None:
    register(api, reception)
    register(api, dora.user)
    register(api, assistant)
    fields = [
        "Mutation.registerPatient",
        *("Patient.address", "Patient.dateOfBirth", "Patient.emergencyContactName"),
        *("Patient.emergencyContactPhone", "Patient.id", "Patient.phoneNumber"),
        *("Patient.user.email", "Patient.user.firstName", "Patient.user.lastName"),
        *(f"RegisterPatientInput.{name}" for name in ("dateOfBirth", "firstName", "lastName")),
    ]
    assert recorded_accesses() == [
        (name, "change", "RegisterPatient", "Hedwig", fields) for name in ("Rita", "Dora", "Arne")
    ]


def test_register_patient_is_rate_limited_for_a_doctor_and_the_assistants_together(
    api: Api, reception: User, dora: Doctor, emil: Doctor, assistant: User
) -> None:
    """Otherwise one account could fill the clinic with people. Staff are not limited."""
    limit = int(Throttle.REGISTERED_PATIENTS_PER_DOCTOR.value.partition("/")[0])
    for number in range(limit):
        register(api, (dora.user, assistant)[number % 2], firstName="")
    for user in (dora.user, assistant):
        rejected = api("RegisterPatient", {"input": HEDWIG}, user=user)
        assert error_code(rejected) == "RATE_LIMITED"
        assert 0 < rejected["errors"][0]["extensions"]["retryAfter"] <= 24 * 60 * 60
    assert Patient.objects.count() == 0
    assert register(api, emil.user) == registered()
    assert register(api, reception, doctorId=id_of(dora), registerAnyway=True) == registered()
