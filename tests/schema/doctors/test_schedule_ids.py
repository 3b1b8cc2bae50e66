"""IDs of doctors and appointment types: null, and without access, like nonexistent ones."""

import datetime as dt
import json

import pytest

from clinic.booking.catalogue import save_appointment_type, set_appointment_types
from clinic.errors import BookingErrorCode
from clinic.models import Doctor, Patient, TimeOff
from tests.schema.test_inaccessible_objects import distinct_responses
from tests.support.api_client import Api
from tests.support.booking import add_time_off
from tests.support.fixtures.people import make_doctor, offer_type
from tests.support.global_ids import id_of, node_id
from tests.support.graphql_responses import operation_info, root_value
from users.models import User

pytestmark = pytest.mark.django_db

# The other fields of each input that changes a doctor's schedule.
INPUTS = {
    "setAppointmentTypes": "appointmentTypeIds: []",
    "setSpecialHours": 'date: "2026-03-07", hours: []',
    "removeSpecialHours": 'date: "2026-03-07"',
    "setWorkingHours": "hours: []",
    "addTimeOff": 'startsAt: "2026-03-03T08:00:00Z", endsAt: "2026-03-03T11:00:00Z"',
    "removeTimeOff": f'id: "{node_id("TimeOff", 1)}"',
}
OPERATION_INFO = "__typename ... on OperationInfo { messages { kind field code message } }"


def schedule_mutation(name: str) -> str:
    """Return a document that changes the schedule of the doctor ``$id``."""
    return (
        f"mutation ($id: ID!) {{ {name}(input: {{ doctorId: $id, {INPUTS[name]} }}) "
        f"{{ {OPERATION_INFO} }} }}"
    )


def info_of(name: str, code: BookingErrorCode, field: str | None = None) -> str:
    return json.dumps({"data": {name: operation_info(code, field)}}, sort_keys=True)


@pytest.fixture
def hidden(db: None) -> Doctor:
    """A doctor whom staff have not approved."""
    doctor = make_doctor("Hanna")
    doctor.approved = False
    doctor.save()
    return doctor


@pytest.mark.parametrize("name", INPUTS)
def test_schedule_of_other_doctor_is_not_found_like_nonexistent(
    api: Api, dora: Doctor, emil: Doctor, hidden: Doctor, name: str
) -> None:
    document = schedule_mutation(name)
    found = distinct_responses(api, emil.user, document, "Doctor", [id_of(dora), id_of(hidden)])
    assert found == {info_of(name, BookingErrorCode.NOT_FOUND, "doctorId")}


@pytest.mark.parametrize("name", INPUTS)
def test_schedule_of_nonexistent_doctor_is_not_found_for_staff(
    api: Api, sam: User, name: str
) -> None:
    found = distinct_responses(api, sam, schedule_mutation(name), "Doctor", [])
    assert found == {info_of(name, BookingErrorCode.NOT_FOUND, "doctorId")}


@pytest.mark.parametrize("name", INPUTS)
def test_patient_cannot_change_a_schedule_whatever_the_id(
    api: Api, ann: Patient, dora: Doctor, name: str
) -> None:
    found = distinct_responses(api, ann.user, schedule_mutation(name), "Doctor", [id_of(dora)])
    assert found == {info_of(name, BookingErrorCode.ROLE_REQUIRED)}


def test_staff_remove_time_off_of_the_named_doctor_only(
    api: Api, dora: Doctor, emil: Doctor, sam: User
) -> None:
    off = add_time_off(
        emil,
        starts_at=dt.datetime(2026, 3, 4, tzinfo=dt.UTC),
        ends_at=dt.datetime(2026, 3, 5, tzinfo=dt.UTC),
    )

    def remove(doctor: Doctor) -> object:
        sent = {"id": id_of(off), "doctorId": id_of(doctor)}
        return root_value(api("RemoveTimeOff", {"input": sent}, user=sam))

    assert remove(dora) == operation_info(BookingErrorCode.NOT_FOUND, "id")
    assert remove(emil) == {"__typename": "TimeOff", "id": id_of(off)}
    assert TimeOff.objects.count() == 0


def test_set_appointment_types_treats_inactive_type_like_nonexistent(
    api: Api, dora: Doctor, emil: Doctor
) -> None:
    inactive = offer_type(emil, "Old", active=False)
    name = "setAppointmentTypes"
    document = (
        f"mutation ($id: ID!) {{ {name}(input: {{ appointmentTypeIds: [$id] }}) "
        f"{{ {OPERATION_INFO} }} }}"
    )
    found = distinct_responses(api, dora.user, document, "AppointmentType", [id_of(inactive)])
    assert found == {info_of(name, BookingErrorCode.NOT_FOUND, "appointmentTypeIds.0")}


def test_set_appointment_types_keeps_inactive_type_and_lets_staff_add_it(
    api: Api, dora: Doctor, emil: Doctor, sam: User
) -> None:
    inactive, other = offer_type(dora, "Old", active=False), offer_type(dora, "New")
    types = [{"id": id_of(kind), "name": kind.name} for kind in (other, inactive)]
    sent = {"appointmentTypeIds": [kind["id"] for kind in types]}
    for doctor, user in ((dora, dora.user), (emil, sam)):
        named = sent | {"doctorId": id_of(doctor)}
        answer = root_value(api("SetAppointmentTypes", {"input": named}, user=user))
        assert answer == {"__typename": "Doctor", "id": id_of(doctor), "appointmentTypes": types}


def test_slots_of_unavailable_type_are_empty_like_nonexistent(
    api: Api, ann: Patient, dora: Doctor, emil: Doctor, sam: User
) -> None:
    unavailable = [
        id_of(offer_type(dora, "Old", active=False)),
        id_of(offer_type(emil, "Of another doctor")),
        id_of(save_appointment_type(name="Of nobody", duration_minutes=30)),
        id_of(dora),
    ]
    set_appointment_types(emil, [])
    slots = f"""query ($id: ID!) {{ doctor(id: "{id_of(dora)}") {{
      availableSlots(appointmentTypeId: $id, days: 2) {{ date time }} }} }}"""
    earliest = "query ($id: ID!) { nextAvailable(appointmentTypeId: $id) { slot { date } } }"
    for user in (ann.user, dora.user, sam):
        assert distinct_responses(api, user, slots, "AppointmentType", unavailable) == {
            json.dumps({"data": {"doctor": {"availableSlots": []}}})
        }
        assert distinct_responses(api, user, earliest, "AppointmentType", unavailable) == {
            json.dumps({"data": {"nextAvailable": []}})
        }


def test_node_of_inactive_type_is_null_like_nonexistent_except_for_staff(
    api: Api, ann: Patient, dora: Doctor, sam: User
) -> None:
    inactive, active = offer_type(dora, "Old", active=False), offer_type(dora, "New")
    document = "query ($id: ID!) { node(id: $id) { ... on AppointmentType { name } } }"
    for user in (ann.user, dora.user):
        found = distinct_responses(api, user, document, "AppointmentType", [id_of(inactive)])
        assert found == {json.dumps({"data": {"node": None}})}
        assert root_value(api(document, {"id": id_of(active)}, user=user)) == {"name": "New"}
    assert root_value(api(document, {"id": id_of(inactive)}, user=sam)) == {"name": "Old"}


def test_null_id_adds_an_appointment_type(api: Api, sam: User) -> None:
    sent = {"id": None, "durationMinutes": 30}
    answers = [
        root_value(api("SaveAppointmentType", {"input": {**sent, "name": name}}, user=sam))
        for name in ("Blood test", "Vaccination")
    ]
    assert answers[0]["id"] != answers[1]["id"]


@pytest.mark.parametrize(
    ("mutation", "sent"),
    [
        ("SetAppointmentTypes", {"appointmentTypeIds": []}),
        ("SetSpecialHours", {"date": "2026-03-07", "hours": []}),
        ("SetWorkingHours", {"hours": []}),
    ],
)
def test_null_doctor_id_is_oneself_and_required_of_staff(
    api: Api, dora: Doctor, sam: User, mutation: str, sent: dict[str, object]
) -> None:
    sent = sent | {"doctorId": None}
    own = root_value(api(mutation, {"input": sent}, user=dora.user))
    assert (own["__typename"], own["id"]) == ("Doctor", id_of(dora))
    by_staff = root_value(api(mutation, {"input": sent}, user=sam))
    assert by_staff == operation_info(BookingErrorCode.REQUIRED, "doctorId")
