"""Staff with permissions list, book and change appointments over the API."""

import datetime as dt
from typing import Any

import pytest

from clinic.errors import BookingErrorCode
from clinic.models import Doctor, Patient
from clinic.profiles import upsert_patient
from tests.support.access_records import recorded_accesses
from tests.support.acting_people import make_dependant
from tests.support.api_client import Api
from tests.support.booking import book_as_patient
from tests.support.fixtures.people import make_user
from tests.support.global_ids import id_of
from tests.support.graphql_responses import operation_info, root_value
from tests.support.permissions import grant
from users.models import User

pytestmark = pytest.mark.django_db

LISTED = "query Listed { appointments { edges { node { id status patient { dateOfBirth } } } } }"
PERMISSIONS = ("view_appointment", "add_appointment", "change_appointment", "view_patient")
HISTORY = """query ($id: ID!) { appointment(id: $id) {
    history { status changedBy { firstName } onBehalfOf { firstName } }
} }"""


@pytest.fixture
def cleo(db: None) -> User:
    """A member of staff at reception."""
    return grant(make_user("Cleo", is_staff=True), *PERMISSIONS)


def change(api: Api, user: User, document: str, **sent: object) -> Any:
    return root_value(api(document, {"input": sent}, user=user))


def test_reception_lists_all_appointments(
    api: Api, cleo: User, ann: Patient, ben: Patient, dora: Doctor, emil: Doctor
) -> None:
    appointments = [book_as_patient(ann, dora), book_as_patient(ben, emil)]
    listed = root_value(api(LISTED, user=cleo))
    assert [edge["node"] for edge in listed["edges"]] == [
        {"id": id_of(row), "status": "PENDING", "patient": {"dateOfBirth": "1990-05-17"}}
        for row in appointments
    ]
    [access] = recorded_accesses()
    assert access[:4] == ("Cleo", "read", "Listed", "Ann Ben")


def test_reception_books_and_changes_for_anybody(
    api: Api, cleo: User, ann: Patient, dora: Doctor
) -> None:
    when = {"date": "2026-03-03", "time": "07:00"}
    both = {"doctorId": id_of(dora), "patientId": id_of(ann)}
    booked = change(api, cleo, "CreateAppointment", **both, **when)
    assert (booked["__typename"], booked["status"]) == ("Appointment", "CONFIRMED")
    one = {"id": booked["id"]}
    moved = change(api, cleo, "RescheduleAppointment", **one, date="2026-03-02", time="08:00")
    assert (moved["time"], moved["status"]) == ("08:00:00", "CONFIRMED")
    completed = change(api, cleo, "CompleteAppointment", **one)
    assert completed["status"] == "COMPLETED"
    reopened = change(api, cleo, "ReopenAppointment", **one, reason="By mistake")
    assert reopened["status"] == "CONFIRMED"
    assert change(api, cleo, "CancelAppointment", **one)["status"] == "CANCELLED"
    history = root_value(api(HISTORY, one, user=ann.user))["history"]
    assert [(entry["status"], entry["changedBy"], entry["onBehalfOf"]) for entry in history] == [
        (status, {"firstName": "Cleo"}, None)
        for status in ("CONFIRMED", "CONFIRMED", "COMPLETED", "CONFIRMED", "CANCELLED")
    ]


def test_reception_confirms_a_request(api: Api, cleo: User, ann: Patient, dora: Doctor) -> None:
    appointment = book_as_patient(ann, dora)
    assert change(api, cleo, "ConfirmAppointment", id=id_of(appointment))["status"] == "CONFIRMED"


def test_reception_must_name_both_people(api: Api, cleo: User, ann: Patient, dora: Doctor) -> None:
    when = {"date": "2026-03-03", "time": "09:00"}
    assert [
        change(api, cleo, "CreateAppointment", **when, patientId=id_of(ann)),
        change(api, cleo, "CreateAppointment", **when, doctorId=id_of(dora)),
    ] == [
        operation_info(BookingErrorCode.REQUIRED, "doctorId"),
        operation_info(BookingErrorCode.REQUIRED, "patientId"),
    ]


def test_reception_with_other_roles_must_name_both_people(
    api: Api, cleo: User, ann: Patient, dora: Doctor
) -> None:
    cleo.is_patient = True
    cleo.save()
    upsert_patient(cleo, date_of_birth=dt.date(1980, 1, 1))
    make_dependant(cleo)
    when = {"date": "2026-03-03", "time": "09:00"}
    patient_only = change(api, cleo, "CreateAppointment", **when, patientId=id_of(ann))
    assert patient_only == operation_info(BookingErrorCode.REQUIRED, "doctorId")
    for_herself = change(api, cleo, "CreateAppointment", **when, doctorId=id_of(dora))
    assert (for_herself["__typename"], for_herself["status"]) == ("Appointment", "PENDING")


def test_reception_finds_slots_for_any_patient(
    api: Api, cleo: User, ann: Patient, dora: Doctor, emil: Doctor
) -> None:
    book_as_patient(ann, dora)
    sent = {"doctorId": id_of(emil), "patientId": id_of(ann), "start": "2026-03-03", "days": 1}
    slots = root_value(api("SlotsForPatient", sent, user=cleo))["availableSlots"]
    assert [slot["time"] for slot in slots[:2]] == ["09:30:00", "10:00:00"]
    found = root_value(api("NextAvailableForPatient", {"patientId": id_of(ann)}, user=cleo))
    assert [entry["doctor"]["id"] for entry in found] == [id_of(dora), id_of(emil)]
    assert recorded_accesses() == [
        ("Cleo", "read", "SlotsForPatient", "Ann", ["Doctor.availableSlots(patientId:)"]),
        ("Cleo", "read", "NextAvailableForPatient", "Ann", ["Query.nextAvailable(patientId:)"]),
    ]


@pytest.mark.parametrize("missing", ["view_patient", "add_appointment"])
def test_slots_for_patient_need_both_permissions(
    api: Api, ann: Patient, dora: Doctor, missing: str
) -> None:
    granted = [permission for permission in PERMISSIONS if permission != missing]
    staff = grant(make_user("Cleo", is_staff=True), *granted)
    sent = {"doctorId": id_of(dora), "patientId": id_of(ann), "start": "2026-03-03", "days": 1}
    assert root_value(api("SlotsForPatient", sent, user=staff))["availableSlots"] == []


def test_staff_without_permission_is_answered_like_a_stranger(
    api: Api, ann: Patient, dora: Doctor
) -> None:
    staff = make_user("Cleo", is_staff=True)
    appointment = book_as_patient(ann, dora)
    assert root_value(api(LISTED, user=staff)) == {"edges": []}
    assert change(api, staff, "CancelAppointment", id=id_of(appointment)) == operation_info(
        BookingErrorCode.ROLE_REQUIRED
    )
