"""Attack: a doctor finds out when a patient has other appointments, and the audit log lacks it.

Slots and alternatives that depend on these are a read of the patient's record for everybody but
the patient.
"""

import datetime as dt
from typing import Any

import pytest

from clinic.models import Appointment, Doctor, Patient
from tests.support.access_records import recorded_accesses
from tests.support.admin_client import AdminClient
from tests.support.api_client import Api
from tests.support.booking import NINE, TEN, book_as_patient, cancel, move
from tests.support.fixtures.people import become_patient, make_doctor
from tests.support.global_ids import id_of
from tests.support.graphql_responses import root_value
from users.models import User

pytestmark = pytest.mark.django_db

SLOTS = """query Slots($doctor: ID!, $moving: ID) { doctor(id: $doctor) {
    availableSlots(start: "2026-03-03", days: 1, moving: $moving) { time } } }"""
BOOK = """mutation Book($input: CreateAppointmentInput!) {
    createAppointment(input: $input) { __typename ... on SlotUnavailable { %s } } }"""


@pytest.fixture
def appointment(ann: Patient, dora: Doctor) -> Appointment:
    return book_as_patient(ann, dora)


@pytest.fixture
def elsewhere(ann: Patient, emil: Doctor) -> Appointment:
    """Ann's appointment with another doctor, at ten."""
    return book_as_patient(ann, emil, time=TEN)


def slots(api: Api, appointment: Appointment, user: User) -> list[str]:
    sent = {"doctor": id_of(appointment.doctor), "moving": id_of(appointment)}
    found = root_value(api(SLOTS, sent, user=user))["availableSlots"]
    return [slot["time"] for slot in found]


def book(api: Api, appointment: Appointment, time: str, selection: str) -> Any:
    sent = {"patientId": id_of(appointment.patient), "date": "2026-03-03", "time": time}
    return root_value(api(BOOK % selection, {"input": sent}, user=appointment.doctor.user))


def read(operation: str, *fields: str) -> tuple[str, str, str, str, list[str]]:
    return ("Dora", "read", operation, "Ann", list(fields))


def test_available_slots_moving_are_a_read_of_the_patient(
    api: Api, appointment: Appointment, elsewhere: Appointment
) -> None:
    assert "10:00:00" not in slots(api, appointment, appointment.doctor.user)
    assert recorded_accesses() == [read("Slots", "Doctor.availableSlots(moving:)")]


def test_available_slots_of_patients_and_without_moving_are_not_recorded(
    api: Api, appointment: Appointment, elsewhere: Appointment
) -> None:
    assert "10:00:00" not in slots(api, appointment, appointment.patient.user)
    sent = {"doctor": id_of(appointment.doctor)}
    found = root_value(api(SLOTS, sent, user=appointment.doctor.user))["availableSlots"]
    assert {"time": "10:00:00"} in found
    assert recorded_accesses() == []


def test_available_slots_moving_foreign_appointment_is_not_recorded(
    api: Api, appointment: Appointment, elsewhere: Appointment
) -> None:
    assert slots(api, appointment, elsewhere.doctor.user) == []
    assert recorded_accesses() == []


def test_available_slots_of_doctor_who_is_the_patient_are_not_recorded(
    api: Api, dora: Doctor, emil: Doctor
) -> None:
    own = book_as_patient(become_patient(dora), emil)
    assert slots(api, own, dora.user)
    assert recorded_accesses() == []


@pytest.mark.parametrize(
    ("time", "selection", "fields"),
    [
        ("10:00", "code", ["SlotUnavailable.code"]),
        ("10:00", "__typename", []),
        ("10:00", "reason: code next: nextAvailable { time }", ["code", "nextAvailable"]),
        ("09:00", "nextAvailable { time }", ["SlotUnavailable.nextAvailable"]),
    ],
)
def test_slot_unavailable_is_a_read_of_the_patient(
    api: Api,
    appointment: Appointment,
    elsewhere: Appointment,
    time: str,
    selection: str,
    fields: list[str],
) -> None:
    answer = book(api, appointment, time, selection)
    assert answer["__typename"] == "SlotUnavailable"
    names = [f"SlotUnavailable.{name.rpartition('.')[2]}" for name in fields]
    assert recorded_accesses() == [read("Book", "Mutation.createAppointment", *names)]


def test_slot_taken_without_alternatives_tells_nothing_about_the_patient(
    api: Api, appointment: Appointment, elsewhere: Appointment
) -> None:
    answer = book(api, appointment, "09:00", "code message")
    assert answer["code"] == "SLOT_TAKEN"
    assert recorded_accesses() == []


def test_slot_unavailable_of_rescheduling_is_a_read_of_the_patient(
    api: Api, appointment: Appointment, elsewhere: Appointment
) -> None:
    sent = {"id": id_of(appointment), "date": "2026-03-03", "time": "10:00"}
    answer = root_value(api("RescheduleAppointment", {"input": sent}, user=appointment.doctor.user))
    assert answer["code"] == "PATIENT_BUSY"
    unavailable = [f"SlotUnavailable.{name}" for name in ("code", "message", "nextAvailable")]
    expected = read("RescheduleAppointment", "Mutation.rescheduleAppointment", *unavailable)
    assert recorded_accesses() == [expected]


@pytest.mark.parametrize(
    ("name", "who"),
    [
        ("AmendAppointment", "doctor"),
        ("AmendAppointment", "staff"),
        ("ReopenAppointment", "doctor"),
        ("ReopenAppointment", "staff"),
        ("ReassignAppointment", "staff"),
    ],
)
def test_slot_unavailable_of_doctor_or_staff_is_a_read_of_the_patient(
    api: Api, appointment: Appointment, elsewhere: Appointment, sam: User, name: str, who: str
) -> None:
    sent: dict[str, object] = {"id": id_of(appointment)}
    if name == "AmendAppointment":
        sent["durationMinutes"] = 65
    elif name == "ReopenAppointment":
        sent["reason"] = "By mistake"
        cancel(appointment.patient.user, appointment)
        move(elsewhere.patient.user, elsewhere, time=NINE)
    else:
        sent |= {"doctorId": id_of(make_doctor("Hanna")), "time": "10:00"}
    user = sam if who == "staff" else appointment.doctor.user
    answer = root_value(api(name, {"input": sent}, user=user))
    assert (answer["__typename"], answer["code"]) == ("SlotUnavailable", "PATIENT_BUSY")
    fields = [f"SlotUnavailable.{name}" for name in ("code", "message", "nextAvailable")]
    mutation = f"Mutation.{name[0].lower()}{name[1:]}"
    assert recorded_accesses() == [
        (user.first_name, "read", name, "Ann", [mutation, *fields]),
    ]


def test_slot_unavailable_of_patient_is_not_recorded(
    api: Api, appointment: Appointment, elsewhere: Appointment
) -> None:
    sent = {"doctorId": id_of(appointment.doctor), "date": "2026-03-03", "time": "10:00"}
    answer = root_value(api(BOOK % "code", {"input": sent}, user=appointment.patient.user))
    assert answer["code"] == "PATIENT_BUSY"
    assert recorded_accesses() == []


def test_busy_patient_in_admin_is_a_read_of_the_patient(
    sam: User, appointment: Appointment, elsewhere: Appointment
) -> None:
    admin, page = AdminClient(sam), f"clinic/appointment/{appointment.pk}/change/"
    form = admin.fill_in(page, time="10:00")
    before = len(recorded_accesses())
    [error] = admin.submit(page, form).errors["time"]
    assert "The patient has another appointment at this time." in error
    fields = [record[-1] for record in recorded_accesses()[before:]]
    assert ["Patient.free_times"] in fields


def test_busy_patient_in_booking_form_is_a_read_of_the_patient(
    sam: User, ann: Patient, appointment: Appointment, elsewhere: Appointment
) -> None:
    admin, page = AdminClient(sam), "clinic/appointment/add/"
    people = {"doctor": appointment.doctor_id, "patient": ann.pk}
    when = {"date": "2026-03-03", "time": NINE.replace(minute=30)}
    assert "time" in admin.submit(page, {**people, **when, "duration_minutes": 60}).errors
    fields = {name for record in recorded_accesses() for name in record[-1]}
    assert fields == {"Patient.free_times", "Patient.name"}


def test_busy_patient_later_on_another_day_is_a_read(
    api: Api, appointment: Appointment, emil: Doctor
) -> None:
    """The patient's other appointment changes the alternatives, not the code."""
    book_as_patient(appointment.patient, emil, time=dt.time(9, 30))
    answer = book(api, appointment, "09:00", "code nextAvailable { time }")
    assert answer["code"] == "SLOT_TAKEN"
    assert answer["nextAvailable"][0] == {"time": "10:00:00"}
    fields = ["SlotUnavailable.code", "SlotUnavailable.nextAvailable"]
    assert recorded_accesses() == [read("Book", "Mutation.createAppointment", *fields)]
