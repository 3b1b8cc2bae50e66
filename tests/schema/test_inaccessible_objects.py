"""Objects that the caller cannot access get the same response as objects that do not exist."""

import datetime as dt
import json

import pytest

from clinic.models import Appointment, Doctor, Patient, TimeOff
from tests.support.api_client import Api
from tests.support.booking import TEN, add_time_off, book_as_patient
from tests.support.fixtures.people import make_doctor, offer_type
from tests.support.global_ids import id_of, node_id
from tests.support.graphql_responses import validation_info
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
    ("recordArrival", ""),
    ("recordNoShow", ""),
    ("reopenAppointment", 'reason: "By mistake"'),
    ("amendAppointment", "durationMinutes: 60"),
]
OPERATION_INFO = """
  __typename
  ... on OperationInfo { messages { kind field code message } }
"""


NOT_FOUND = "Not found, or you don't have access to it."


def not_found(name: str, field: str, message: str = NOT_FOUND) -> str:
    answer = validation_info((field, "not_found", message))
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


@pytest.mark.parametrize(("name", "more"), MUTATIONS[4:])
def test_mutation_by_staff_of_nonexistent_appointment_is_not_found(
    api: Api, sam: User, name: str, more: str
) -> None:
    document = (
        f"mutation ($id: ID!) {{ {name}(input: {{ id: $id, {more} }}) {{ {OPERATION_INFO} }} }}"
    )
    found = distinct_responses(api, sam, document, "Appointment", [])
    assert found == {not_found(name, "id")}


def test_reassign_appointment_with_nonexistent_ids_is_not_found(
    api: Api, sam: User, dora: Doctor, ben_and_emil: Appointment
) -> None:
    document = """mutation ($id: ID!, $other: ID!) {
        reassignAppointment(input: { %s }) { %s } }"""
    no_appointment = document % ("id: $id, doctorId: $other", OPERATION_INFO)
    no_doctor = document % ("id: $other, doctorId: $id", OPERATION_INFO)
    assert distinct_responses(api, sam, no_appointment, "Appointment", [], other=id_of(dora)) == {
        not_found("reassignAppointment", "id")
    }
    assert distinct_responses(api, sam, no_doctor, "Doctor", [], other=id_of(ben_and_emil)) == {
        not_found("reassignAppointment", "doctorId")
    }


def test_amend_appointment_to_a_type_of_another_doctor_is_not_found_like_nonexistent(
    api: Api, ben_and_emil: Appointment, dora: Doctor
) -> None:
    document = f"""mutation ($id: ID!, $appointment: ID!) {{
        amendAppointment(input: {{ id: $appointment, appointmentTypeId: $id }}) {{
            {OPERATION_INFO} }} }}"""
    found = distinct_responses(
        api,
        ben_and_emil.doctor.user,
        document,
        "AppointmentType",
        [id_of(offer_type(dora))],
        appointment=id_of(ben_and_emil),
    )
    message = "The doctor does not offer this appointment type. Choose another one."
    assert found == {not_found("amendAppointment", "appointmentTypeId", message)}


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


MALFORMED = (
    *("", "7", "QQ==", "Appointment:7", "\N{SNOWMAN}", "a" * 5000),
    # Other spellings of an ID, here of Doctor:1, which base64 decoders accept.
    *("RG9jdG9yOjE", "RG9jdG9yOjE==", "RG9jdG9yOjE=\n", "RG9j dG9yOjE=", "RG9jdG9yOjF="),
)
DOCUMENTS_WITH_ID = {
    **{
        field: f"query ($id: ID!) {{ {field}(id: $id) {{ id }} }}"
        for field in ("appointment", "doctor", "patient", "node")
    },
    "a filter": "query ($id: ID!) { appointments(filters: { doctorId: $id }) { totalCount } }",
    "an input": """
    mutation ($id: ID!) { cancelAppointment(input: { id: $id }) { __typename } }
    """,
    "an argument of a field": """
    query ($id: ID!) { doctors { edges { node { availableSlots(moving: $id) { date } } } } }
    """,
}


@pytest.mark.parametrize("malformed", MALFORMED)
@pytest.mark.parametrize("place", DOCUMENTS_WITH_ID)
def test_malformed_id_is_an_error(
    api: Api, ann: Patient, dora: Doctor, place: str, malformed: str
) -> None:
    answer = api(DOCUMENTS_WITH_ID[place], {"id": malformed}, user=ann.user)
    [error] = answer["errors"]
    assert (error["extensions"], error["message"]) == (
        {"code": "BAD_USER_INPUT"},
        "This id is malformed.",
    )
