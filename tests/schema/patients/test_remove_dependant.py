"""``removeDependant``: who can end which right, and what it ends."""

from typing import Any

import pytest

from clinic.errors import BookingErrorCode
from clinic.guardians import add_guardian
from clinic.models import Appointment, Doctor, Guardian, Patient, Relationship
from tests.support.access_records import recorded_accesses
from tests.support.acting_people import book_for, make_dependant
from tests.support.api_client import Api
from tests.support.booking import book_as_patient
from tests.support.fixtures.people import PASSWORD
from tests.support.global_ids import id_of, node_id
from tests.support.graphql_responses import operation_info, root_value
from users.models import User

pytestmark = pytest.mark.django_db

LAST_MESSAGE = (
    "Nobody else can change the open appointments of this patient, who cannot sign in. Cancel the "
    "appointments first, or ask the clinic to add another guardian."
)
NAMES = "query { me { patients { user { firstName } } } }"


def remove(api: Api, user: User, patient: str, guardian: str | None = None) -> Any:
    sent = {"patientId": patient} | ({"guardianId": guardian} if guardian else {})
    return root_value(api("RemoveDependant", {"input": sent}, user=user))


def names_of_patients(api: Api, user: User) -> list[str]:
    me = root_value(api(NAMES, user=user))
    return [patient["user"]["firstName"] for patient in me["patients"]]


def give_account(patient: Patient) -> User:
    """Give a dependant a way to sign in."""
    user = patient.user
    user.email = f"{user.first_name.lower()}@example.org"
    user.set_password(PASSWORD)
    user.save()
    return user


def test_guardian_removed_books_nothing(api: Api, ann: Patient, kim: Patient, dora: Doctor) -> None:
    """Ann stays signed in; her token was issued while she was a guardian."""
    remove(api, ann.user, id_of(kim))
    sent = {
        "doctorId": id_of(dora),
        "patientId": id_of(kim),
        "date": "2026-03-03",
        "time": "09:00",
    }
    rejected = root_value(api("CreateAppointment", {"input": sent}, user=ann.user))
    assert rejected == operation_info(
        BookingErrorCode.INVALID, message="Specify either the doctor or the patient, not both."
    )
    assert Appointment.objects.count() == 0


def test_remove_dependant_ends_access_at_once(
    api: Api, ann: Patient, kim: Patient, dora: Doctor
) -> None:
    appointment = book_as_patient(kim, dora)
    appointment.status = "cancelled"
    appointment.save()
    assert remove(api, ann.user, id_of(kim)) == {
        "__typename": "Patient",
        "id": id_of(kim),
        "dateOfBirth": None,
        "user": {"firstName": "Kim", "lastName": "Example", "email": None},
        "guardians": [],
    }
    ann.user.refresh_from_db()
    assert not ann.user.acts_for_patients
    assert names_of_patients(api, ann.user) == ["Ann"]
    assert api("PatientById", {"id": id_of(kim)}, user=ann.user) == {"data": {"patient": None}}
    seen = api("AppointmentById", {"id": id_of(appointment)}, user=ann.user)
    assert seen == {"data": {"appointment": None}}


def test_remove_dependant_is_recorded_as_change(api: Api, ann: Patient, kim: Patient) -> None:
    remove(api, ann.user, id_of(kim))
    assert recorded_accesses() == [
        (
            "Ann",
            "change",
            "RemoveDependant",
            "Kim",
            [
                "Mutation.removeDependant",
                "Patient.id",
                "Patient.user.firstName",
                "Patient.user.lastName",
                "RemoveDependantInput.patientId",
            ],
        )
    ]


def test_remove_dependant_keeps_flag_while_another_dependant_is_left(
    ann: Patient, kim: Patient, api: Api
) -> None:
    make_dependant(ann.user, "Lea")
    remove(api, ann.user, id_of(kim))
    ann.user.refresh_from_db()
    assert ann.user.acts_for_patients
    assert names_of_patients(api, ann.user) == ["Ann", "Lea"]


def test_last_guardian_cannot_be_removed_while_appointments_are_open(
    api: Api, ann: Patient, kim: Patient, dora: Doctor, ben: Patient
) -> None:
    appointment = book_for(kim, ann, dora)
    assert remove(api, ann.user, id_of(kim)) == operation_info(
        BookingErrorCode.INVALID, message=LAST_MESSAGE
    )
    assert names_of_patients(api, ann.user) == ["Ann", "Kim"]
    add_guardian(kim, ben.user, Relationship.CARER)
    assert remove(api, ann.user, id_of(kim))["__typename"] == "Patient"
    assert appointment.status == "pending"


def test_last_guardian_can_be_removed_if_patient_can_sign_in(
    api: Api, ann: Patient, kim: Patient, dora: Doctor
) -> None:
    book_for(kim, ann, dora)
    give_account(kim)
    assert remove(api, ann.user, id_of(kim))["__typename"] == "Patient"


def test_remove_dependant_answers_strangers_and_made_up_ids_alike(
    api: Api, ann: Patient, kim: Patient, ben: Patient
) -> None:
    answers = [
        remove(api, ben.user, one)
        for one in (id_of(kim), id_of(ann), node_id("Patient", 987654), node_id("Doctor", 1))
    ]
    assert answers == [operation_info(BookingErrorCode.NOT_FOUND, "patientId")] * 4


def test_guardian_cannot_end_the_right_of_another_guardian(
    api: Api, ann: Patient, kim: Patient, ben: Patient
) -> None:
    add_guardian(kim, ben.user, Relationship.CARER)
    answers = [
        remove(api, ben.user, id_of(kim), one)
        for one in (id_of(ann.user, "Person"), node_id("Person", 987654), node_id("Patient", 1))
    ]
    assert answers == [operation_info(BookingErrorCode.NOT_FOUND, "guardianId")] * 3
    assert Guardian.objects.count() == 2


def test_patient_with_account_sees_and_ends_who_acts_for_them(
    api: Api, ann: Patient, kim: Patient
) -> None:
    user = give_account(kim)
    person = id_of(ann.user, "Person")
    seen = root_value(api("MyDependants", user=user))
    assert seen["patients"][0]["guardians"] == [
        {
            "person": {"id": person, "firstName": "Ann", "lastName": "Example"},
            "relationship": "PARENT",
        }
    ]
    assert remove(api, user, id_of(kim)) == operation_info(BookingErrorCode.REQUIRED, "guardianId")
    ended = remove(api, user, id_of(kim), person)
    assert (ended["__typename"], ended["dateOfBirth"], ended["guardians"]) == (
        "Patient",
        "2018-06-01",
        [],
    )
    assert names_of_patients(api, ann.user) == ["Ann"]
    assert remove(api, user, id_of(kim), person) == operation_info(
        BookingErrorCode.NOT_FOUND, "guardianId"
    )
