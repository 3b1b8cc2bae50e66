"""What is a stranger's and what does not exist answer alike, byte for byte."""

import datetime as dt
import json

import pytest

from clinic.booking.schedules import add_time_off
from clinic.models import Appointment, Doctor, Patient, TimeOff
from tests.support.api_client import Api
from tests.support.booking import TEN, book_as_patient
from tests.support.fixtures.people import make_doctor
from tests.support.global_ids import id_of, node_id
from users.models import User

pytestmark = pytest.mark.django_db

# Well formed, and nobody's: no such row, another type's row, keys that no row could have.
MADE_UP = ["999999", "0", "-1", "x", "1.5", "9" * 30, str(2**63), "٣", ""]
MOVING = """
query ($id: ID!, $moving: ID!) {
  doctor(id: $id) { availableSlots(moving: $moving, days: 2) { date time } }
}
"""


@pytest.fixture
def ben_and_emil(ben: Patient, emil: Doctor) -> Appointment:
    """An appointment between two people of whom neither Ann nor Dora knows anything."""
    return book_as_patient(ben, emil)


@pytest.fixture
def hidden(db: None) -> Doctor:
    doctor = make_doctor("Hanna")
    doctor.approved = False
    doctor.save()
    return doctor


def answers(
    api: Api, user: User, document: str, type_: str, ids: list[str], **others: object
) -> set[str]:
    """What comes back for each id, and for ids of the type that were made up."""
    named = [*ids, *(node_id(type_, key) for key in MADE_UP), node_id("Nothing", 1)]
    return {
        json.dumps(api(document, {"id": one, **others}, user=user), sort_keys=True) for one in named
    }


@pytest.mark.parametrize("field", ["appointment", "doctor", "patient", "node"])
def test_a_look_up_of_a_strangers_row_is_null_like_one_that_is_made_up(
    api: Api, ann: Patient, hidden: Doctor, ben_and_emil: Appointment, field: str
) -> None:
    strangers = {
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
    for type_, row in strangers.items():
        assert row is not None
        document = f"query ($id: ID!) {{ {field}(id: $id) {{ id }} }}"
        found = answers(api, ann.user, document, type_, [id_of(row, type_)])
        assert found == {json.dumps({"data": {field: None}})}


WHEN = 'date: "2026-03-03", time: "09:00"'
MUTATIONS = [
    ("confirmAppointment", ""),
    ("completeAppointment", ""),
    ("cancelAppointment", ""),
    ("rescheduleAppointment", WHEN),
]
REFUSED = """
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
def test_a_strangers_appointment_cannot_be_changed_and_is_not_found_like_a_made_up_one(
    api: Api, dora: Doctor, ben_and_emil: Appointment, name: str, when: str
) -> None:
    document = f"mutation ($id: ID!) {{ {name}(input: {{ id: $id, {when} }}) {{ {REFUSED} }} }}"
    found = answers(api, dora.user, document, "Appointment", [id_of(ben_and_emil)])
    assert found == {not_found(name, "id")}


def test_a_strangers_time_off_cannot_be_removed_and_is_not_found_like_a_made_up_one(
    api: Api, dora: Doctor, emil: Doctor
) -> None:
    off = add_time_off(
        emil,
        starts_at=dt.datetime(2026, 3, 4, tzinfo=dt.UTC),
        ends_at=dt.datetime(2026, 3, 5, tzinfo=dt.UTC),
    )
    document = f"mutation ($id: ID!) {{ removeTimeOff(input: {{ id: $id }}) {{ {REFUSED} }} }}"
    found = answers(api, dora.user, document, "TimeOff", [id_of(off)])
    assert found == {not_found("removeTimeOff", "id")}
    assert TimeOff.objects.count() == 1


def test_a_hidden_doctor_is_not_found_by_patients_like_a_made_up_one(
    api: Api, ann: Patient, hidden: Doctor
) -> None:
    document = f"""
    mutation ($id: ID!) {{
      createAppointment(input: {{ doctorId: $id, {WHEN} }}) {{ {REFUSED} }}
    }}
    """
    found = answers(api, ann.user, document, "Doctor", [id_of(hidden)])
    assert found == {not_found("createAppointment", "doctorId")}


def test_a_strangers_patient_is_not_found_by_doctors_like_a_made_up_one(
    api: Api, dora: Doctor, ann: Patient, ben_and_emil: Appointment
) -> None:
    document = f"""
    mutation ($id: ID!) {{
      createAppointment(input: {{ patientId: $id, {WHEN} }}) {{ {REFUSED} }}
    }}
    """
    strangers = [id_of(ann), id_of(ben_and_emil.patient)]
    found = answers(api, dora.user, document, "Patient", strangers)
    assert found == {not_found("createAppointment", "patientId")}


def test_slots_for_moving_a_strangers_appointment_are_none_as_for_a_made_up_one(
    api: Api, ann: Patient, dora: Doctor, emil: Doctor, ben_and_emil: Appointment
) -> None:
    own_with_another = book_as_patient(ann, dora, time=TEN)
    found = {
        json.dumps(api(MOVING, {"id": id_of(emil), "moving": moving}, user=ann.user))
        for moving in (
            id_of(ben_and_emil),
            id_of(own_with_another),
            *(node_id("Appointment", key) for key in MADE_UP),
            node_id("Doctor", ben_and_emil.pk),
        )
    }
    assert found == {json.dumps({"data": {"doctor": {"availableSlots": []}}})}


@pytest.mark.parametrize(("name", "type_"), [("doctorId", "Doctor"), ("patientId", "Patient")])
def test_appointments_filtered_by_a_stranger_are_none_as_by_one_made_up(
    api: Api, ann: Patient, dora: Doctor, ben_and_emil: Appointment, name: str, type_: str
) -> None:
    book_as_patient(ann, dora)
    stranger = ben_and_emil.doctor if type_ == "Doctor" else ben_and_emil.patient
    document = f"""
    query ($id: ID!) {{
      appointments(filters: {{ {name}: $id }}) {{ totalCount edges {{ node {{ id }} }} }}
    }}
    """
    for user in (ann.user, dora.user):
        found = answers(api, user, document, type_, [id_of(stranger)])
        assert found == {json.dumps({"data": {"appointments": {"edges": [], "totalCount": 0}}})}


@pytest.mark.parametrize("malformed", ["", "7", "QQ==", "Appointment:7", "\N{SNOWMAN}", "a" * 5000])
@pytest.mark.parametrize("field", ["appointment", "doctor", "patient", "node"])
def test_a_malformed_id_is_an_error_and_not_a_null(
    api: Api, ann: Patient, field: str, malformed: str
) -> None:
    document = f"query ($id: ID!) {{ {field}(id: $id) {{ id }} }}"
    answer = api(document, {"id": malformed}, user=ann.user)
    [error] = answer["errors"]
    assert (error["extensions"], error["message"]) == (
        {"code": "BAD_USER_INPUT"},
        "This id is malformed.",
    )
