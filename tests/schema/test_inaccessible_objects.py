"""Objects that the caller cannot access get the same response as objects that do not exist."""

import datetime as dt
import json

import pytest

from clinic.models import Appointment, Doctor, Patient, TimeOff
from tests.support.api_client import Api
from tests.support.booking import TEN, add_time_off, book_as_patient
from tests.support.fixtures.people import make_doctor
from tests.support.global_ids import id_of, node_id
from users.models import User

pytestmark = pytest.mark.django_db

# Primary keys of well-formed IDs without a row; most of them could not be a primary key.
NONEXISTENT = ["999999", "0", "-1", "x", "1.5", "9" * 30, str(2**63), "٣", ""]
MOVING = """
query ($id: ID!, $moving: ID!) {
  doctor(id: $id) { availableSlots(moving: $moving, days: 2) { date time } }
}
"""


@pytest.fixture
def ben_and_emil(ben: Patient, emil: Doctor) -> Appointment:
    """An appointment of Ben and Emil, which neither Ann nor Dora can access."""
    return book_as_patient(ben, emil)


@pytest.fixture
def hidden(db: None) -> Doctor:
    """A doctor who is not approved and therefore not visible to patients."""
    doctor = make_doctor("Hanna")
    doctor.approved = False
    doctor.save()
    return doctor


def distinct_responses(
    api: Api, user: User, document: str, type_: str, ids: list[str], **others: object
) -> set[str]:
    """Return the distinct responses, as JSON, for these IDs and for nonexistent ones."""
    all_ids = [*ids, *(node_id(type_, key) for key in NONEXISTENT), node_id("Nothing", 1)]
    return {
        json.dumps(api(document, {"id": one, **others}, user=user), sort_keys=True)
        for one in all_ids
    }


@pytest.mark.parametrize("field", ["appointment", "doctor", "patient", "node"])
def test_lookup_of_inaccessible_object_is_null_like_nonexistent(
    api: Api, ann: Patient, hidden: Doctor, ben_and_emil: Appointment, field: str
) -> None:
    inaccessible = {
        "Appointment": ben_and_emil,
        "Doctor": hidden,
        "Patient": ben_and_emil.patient,
        "TimeOff": add_time_off(
            ben_and_emil.doctor,
            starts_at=dt.datetime(2026, 3, 4, tzinfo=dt.UTC),
            ends_at=dt.datetime(2026, 3, 5, tzinfo=dt.UTC),
        ),
        "Person": ben_and_emil.patient.user,
        "User": ben_and_emil.patient.user,
        "WorkingHours": hidden.working_hours.first(),
        "AppointmentChange": ben_and_emil.history.first(),
    }
    for type_, row in inaccessible.items():
        assert row is not None
        document = f"query ($id: ID!) {{ {field}(id: $id) {{ id }} }}"
        found = distinct_responses(api, ann.user, document, type_, [id_of(row, type_)])
        assert found == {json.dumps({"data": {field: None}})}


WHEN = 'date: "2026-03-03", time: "09:00"'
MUTATIONS = [
    ("confirmAppointment", ""),
    ("completeAppointment", ""),
    ("cancelAppointment", ""),
    ("rescheduleAppointment", WHEN),
]
OPERATION_INFO = """
  __typename
  ... on OperationInfo { messages { kind field code message } }
"""


def not_found(name: str, field: str) -> str:
    message = {
        "kind": "VALIDATION",
        "field": field,
        "code": "not_found",
        "message": "Not found, or you don't have access to it.",
    }
    answer = {"__typename": "OperationInfo", "messages": [message]}
    return json.dumps({"data": {name: answer}}, sort_keys=True)


@pytest.mark.parametrize(("name", "when"), MUTATIONS)
def test_mutation_of_inaccessible_appointment_is_not_found_like_nonexistent(
    api: Api, dora: Doctor, ben_and_emil: Appointment, name: str, when: str
) -> None:
    document = (
        f"mutation ($id: ID!) {{ {name}(input: {{ id: $id, {when} }}) {{ {OPERATION_INFO} }} }}"
    )
    found = distinct_responses(api, dora.user, document, "Appointment", [id_of(ben_and_emil)])
    assert found == {not_found(name, "id")}


def test_remove_time_off_of_other_doctor_is_not_found_like_nonexistent(
    api: Api, dora: Doctor, emil: Doctor
) -> None:
    off = add_time_off(
        emil,
        starts_at=dt.datetime(2026, 3, 4, tzinfo=dt.UTC),
        ends_at=dt.datetime(2026, 3, 5, tzinfo=dt.UTC),
    )
    document = (
        f"mutation ($id: ID!) {{ removeTimeOff(input: {{ id: $id }}) {{ {OPERATION_INFO} }} }}"
    )
    found = distinct_responses(api, dora.user, document, "TimeOff", [id_of(off)])
    assert found == {not_found("removeTimeOff", "id")}
    assert TimeOff.objects.count() == 1


def test_create_appointment_with_hidden_doctor_is_not_found_like_nonexistent(
    api: Api, ann: Patient, hidden: Doctor
) -> None:
    document = f"""
    mutation ($id: ID!) {{
      createAppointment(input: {{ doctorId: $id, {WHEN} }}) {{ {OPERATION_INFO} }}
    }}
    """
    found = distinct_responses(api, ann.user, document, "Doctor", [id_of(hidden)])
    assert found == {not_found("createAppointment", "doctorId")}


def test_create_appointment_for_unrelated_patient_is_not_found_like_nonexistent(
    api: Api, dora: Doctor, ann: Patient, ben_and_emil: Appointment
) -> None:
    document = f"""
    mutation ($id: ID!) {{
      createAppointment(input: {{ patientId: $id, {WHEN} }}) {{ {OPERATION_INFO} }}
    }}
    """
    patients = [id_of(ann), id_of(ben_and_emil.patient)]
    found = distinct_responses(api, dora.user, document, "Patient", patients)
    assert found == {not_found("createAppointment", "patientId")}


def test_available_slots_for_moving_inaccessible_appointment_are_empty(
    api: Api, ann: Patient, dora: Doctor, emil: Doctor, ben_and_emil: Appointment
) -> None:
    own_with_other_doctor = book_as_patient(ann, dora, time=TEN)
    found = {
        json.dumps(api(MOVING, {"id": id_of(emil), "moving": moving}, user=ann.user))
        for moving in (
            id_of(ben_and_emil),
            id_of(own_with_other_doctor),
            *(node_id("Appointment", key) for key in NONEXISTENT),
            node_id("Doctor", ben_and_emil.pk),
        )
    }
    assert found == {json.dumps({"data": {"doctor": {"availableSlots": []}}})}


@pytest.mark.parametrize(("name", "type_"), [("doctorId", "Doctor"), ("patientId", "Patient")])
def test_appointments_filtered_by_unrelated_person_are_empty(
    api: Api, ann: Patient, dora: Doctor, ben_and_emil: Appointment, name: str, type_: str
) -> None:
    book_as_patient(ann, dora)
    unrelated = ben_and_emil.doctor if type_ == "Doctor" else ben_and_emil.patient
    document = f"""
    query ($id: ID!) {{
      appointments(filters: {{ {name}: $id }}) {{ totalCount edges {{ node {{ id }} }} }}
    }}
    """
    for user in (ann.user, dora.user):
        found = distinct_responses(api, user, document, type_, [id_of(unrelated)])
        assert found == {json.dumps({"data": {"appointments": {"edges": [], "totalCount": 0}}})}


@pytest.mark.parametrize("malformed", ["", "7", "QQ==", "Appointment:7", "\N{SNOWMAN}", "a" * 5000])
@pytest.mark.parametrize("field", ["appointment", "doctor", "patient", "node"])
def test_lookup_with_malformed_id_is_an_error(
    api: Api, ann: Patient, field: str, malformed: str
) -> None:
    document = f"query ($id: ID!) {{ {field}(id: $id) {{ id }} }}"
    answer = api(document, {"id": malformed}, user=ann.user)
    [error] = answer["errors"]
    assert (error["extensions"], error["message"]) == (
        {"code": "BAD_USER_INPUT"},
        "This id is malformed.",
    )
