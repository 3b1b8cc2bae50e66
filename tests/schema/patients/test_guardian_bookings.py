"""What a guardian books for a dependant, and the slots that are shown for it."""

import datetime as dt
from typing import Any

import pytest

from clinic.errors import BookingErrorCode
from clinic.models import Doctor, Patient
from tests.support.access_records import recorded_accesses
from tests.support.acting_people import book_for
from tests.support.api_client import Api
from tests.support.booking import book_as_patient
from tests.support.global_ids import id_of, node_id
from tests.support.graphql_responses import operation_info, root_value

pytestmark = pytest.mark.django_db

HISTORY = """query ($id: ID!) { appointment(id: $id) {
    status bookedBy { firstName }
    history { status changedBy { firstName } onBehalfOf { firstName } }
} }"""


def slots_of(answer: Any) -> list[str]:
    return [slot["time"][:5] for slot in root_value(answer)["availableSlots"]]


def test_guardian_books_moves_and_cancels_while_busy_herself(
    api: Api, ann: Patient, kim: Patient, dora: Doctor, emil: Doctor
) -> None:
    book_as_patient(ann, dora)
    both = {"doctorId": id_of(emil), "patientId": id_of(kim), "date": "2026-03-03"}
    booked = root_value(
        api("CreateAppointment", {"input": {**both, "time": "09:00"}}, user=ann.user)
    )
    assert (booked["__typename"], booked["status"], booked["patient"]["id"]) == (
        "Appointment",
        "PENDING",
        id_of(kim),
    )
    moved = {"id": booked["id"], "date": "2026-03-03", "time": "10:00"}
    api("RescheduleAppointment", {"input": moved}, user=ann.user)
    api("CancelAppointment", {"input": {"id": booked["id"]}}, user=ann.user)
    by_ann = {"changedBy": {"firstName": "Ann"}, "onBehalfOf": {"firstName": "Kim"}}
    assert root_value(api(HISTORY, {"id": booked["id"]}, user=ann.user)) == {
        "status": "CANCELLED",
        "bookedBy": {"firstName": "Ann"},
        "history": [
            {"status": "PENDING", **by_ann},
            {"status": "PENDING", **by_ann},
            {"status": "CANCELLED", **by_ann},
        ],
    }


def test_guardian_must_name_the_doctor(api: Api, ann: Patient, ben: Patient, kim: Patient) -> None:
    when = {"date": "2026-03-03", "time": "09:00"}
    for patient in (kim, ann, ben):
        sent = when | {"patientId": id_of(patient)}
        assert root_value(api("CreateAppointment", {"input": sent}, user=ann.user)) == (
            operation_info(BookingErrorCode.REQUIRED, "doctorId")
        )


def test_guardian_cannot_book_for_a_stranger(
    api: Api, ann: Patient, ben: Patient, kim: Patient, dora: Doctor
) -> None:
    when = {"date": "2026-03-03", "time": "09:00", "doctorId": id_of(dora)}
    answers = [
        root_value(api("CreateAppointment", {"input": when | {"patientId": one}}, user=ann.user))
        for one in (id_of(ben), node_id("Patient", 987654))
    ]
    assert answers == [operation_info(BookingErrorCode.NOT_FOUND, "patientId")] * 2


def test_dependant_is_booked_once_at_a_time(
    api: Api, ann: Patient, kim: Patient, dora: Doctor, emil: Doctor
) -> None:
    """The occupied time is the dependant's own."""
    when = {"date": "2026-03-03", "time": "09:00", "patientId": id_of(kim)}
    book_for = [
        root_value(
            api("CreateAppointment", {"input": when | {"doctorId": id_of(doctor)}}, user=ann.user)
        )
        for doctor in (dora, emil)
    ]
    assert [(one["__typename"], one.get("code")) for one in book_for] == [
        ("Appointment", None),
        ("SlotUnavailable", "PATIENT_BUSY"),
    ]


def test_slots_for_dependant_are_those_that_the_guardian_can_book(
    api: Api, ann: Patient, kim: Patient, dora: Doctor, emil: Doctor
) -> None:
    """Ann is busy at nine, her child at ten."""
    book_as_patient(ann, dora)
    book_for(kim, ann, dora)
    sent = {"doctorId": id_of(emil), "start": "2026-03-03", "days": 1}
    own = slots_of(api("SlotsForPatient", sent | {"patientId": id_of(ann)}, user=ann.user))
    for_kim = slots_of(api("SlotsForPatient", sent | {"patientId": id_of(kim)}, user=ann.user))
    assert (own[:3], for_kim[:3]) == (["09:30", "10:00", "10:30"], ["09:00", "09:30", "10:30"])
    for time in for_kim:
        booked = book_as_patient(ann, emil, time=dt.time.fromisoformat(time), patient_id=kim.pk)
        booked.delete()


def test_slots_for_patient_without_access_are_none(
    api: Api, ann: Patient, kim: Patient, dora: Doctor, ben: Patient
) -> None:
    sent = {"doctorId": id_of(dora), "start": "2026-03-03", "days": 1}
    for caller in (ben.user, dora.user):
        answers = [
            api("SlotsForPatient", sent | {"patientId": one}, user=caller)
            for one in (id_of(kim), node_id("Patient", 987654), id_of(dora))
        ]
        empty = {"data": {"doctor": {"id": id_of(dora), "availableSlots": []}}}
        assert answers == [empty] * 3
        answers = [
            api("NextAvailableForPatient", {"patientId": one}, user=caller)
            for one in (id_of(kim), node_id("Patient", 987654), id_of(dora))
        ]
        assert answers == [{"data": {"nextAvailable": []}}] * 3
    assert recorded_accesses() == []


def test_slots_for_patient_of_doctor_are_an_audited_read(
    api: Api, ann: Patient, dora: Doctor, emil: Doctor
) -> None:
    book_as_patient(ann, dora)
    sent = {"start": "2026-03-03", "days": 1, "patientId": id_of(ann)}
    own = slots_of(api("SlotsForPatient", sent | {"doctorId": id_of(dora)}, user=dora.user))
    # A doctor cannot book for another one.
    others = slots_of(api("SlotsForPatient", sent | {"doctorId": id_of(emil)}, user=dora.user))
    assert (own[:2], others) == (["09:30", "10:00"], [])
    assert (
        recorded_accesses()
        == [("Dora", "read", "SlotsForPatient", "Ann", ["Doctor.availableSlots(patientId:)"])] * 2
    )
