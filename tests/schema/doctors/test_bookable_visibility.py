"""Visibility of doctors who are not approved, are deactivated or lost the doctor role."""

from collections.abc import Callable
from typing import Any

import pytest

from clinic.errors import BookingErrorCode
from clinic.models import Appointment, Doctor, Patient
from tests.support.api_client import Api
from tests.support.booking import TUESDAY, book_as_patient
from tests.support.global_ids import id_of
from tests.support.graphql_responses import operation_info, root_value
from users.models import User

pytestmark = pytest.mark.django_db


def disapprove(doctor: Doctor) -> None:
    doctor.approved = False
    doctor.save()


def deactivate(doctor: Doctor) -> None:
    doctor.user.is_active = False
    doctor.user.save()


def remove_doctor_role(doctor: Doctor) -> None:
    doctor.user.is_doctor = False
    doctor.user.save()


@pytest.fixture
def appointment(ann: Patient, dora: Doctor) -> Appointment:
    """Ann's appointment with Dora, booked while Dora was bookable."""
    return book_as_patient(ann, dora)


@pytest.fixture(params=[disapprove, deactivate, remove_doctor_role])
def hidden(request: pytest.FixtureRequest, appointment: Appointment) -> Doctor:
    """Dora, who can no longer be booked."""
    hide: Callable[[Doctor], None] = request.param
    hide(appointment.doctor)
    return appointment.doctor


def execute(api: Api, name: str, user: User, **variables: object) -> Any:
    return root_value(api(name, variables, user=user))


def test_doctor_lists_omit_hidden_doctor(
    api: Api, ann: Patient, hidden: Doctor, emil: Doctor
) -> None:
    edges = execute(api, "Doctors", ann.user)["edges"]
    assert [edge["node"]["id"] for edge in edges] == [id_of(emil)]
    day = TUESDAY.isoformat()
    assert execute(api, "SearchDoctors", ann.user, search="dora", date=day)["edges"] == []
    assert execute(api, "Specialties", ann.user) == ["Dermatology"]
    assert execute(api, "NextAvailable", ann.user, specialty="Cardiology") == []


def test_doctor_and_node_return_null_for_hidden_doctor(
    api: Api, ann: Patient, hidden: Doctor
) -> None:
    slots, node = {"doctorId": id_of(hidden)}, {"id": id_of(hidden)}
    assert api("AvailableSlots", slots, user=ann.user) == {"data": {"doctor": None}}
    assert api("AppointmentAsNode", node, user=ann.user) == {"data": {"node": None}}


def test_appointment_shows_hidden_doctor_without_slots(
    api: Api, ann: Patient, hidden: Doctor, appointment: Appointment
) -> None:
    document = """
    query ($id: ID!) {
      appointment(id: $id) {
        status
        doctor { specialty phoneNumber user { firstName email } availableSlots { date } }
      }
    }
    """
    assert execute(api, document, ann.user, id=id_of(appointment)) == {
        "status": "PENDING",
        "doctor": {
            "specialty": "Cardiology",
            "phoneNumber": "+4930123456",
            "user": {"firstName": "Dora", "email": "dora@example.org"},
            "availableSlots": [],
        },
    }


def test_hidden_doctor_appointments_can_only_be_cancelled_by_patient(
    api: Api, ann: Patient, hidden: Doctor, appointment: Appointment
) -> None:
    when = {"date": "2026-03-04", "time": "09:00"}
    again = execute(api, "CreateAppointment", ann.user, input={"doctorId": id_of(hidden), **when})
    moved = execute(
        api, "RescheduleAppointment", ann.user, input={"id": id_of(appointment), **when}
    )
    gone = execute(api, "CancelAppointment", ann.user, input={"id": id_of(appointment)})
    assert (again, moved) == (
        operation_info(BookingErrorCode.NOT_FOUND, "doctorId"),
        operation_info(BookingErrorCode.NOT_FOUND, "id"),
    )
    assert gone["status"] == "CANCELLED"


def test_unapproved_doctor_can_read_profile_and_set_working_hours(api: Api, dora: Doctor) -> None:
    disapprove(dora)
    own = execute(api, "Me", dora.user)["doctor"]
    assert (own["id"], own["approved"]) == (id_of(dora), False)
    assert execute(api, "AvailableSlots", dora.user, doctorId=id_of(dora))["availableSlots"] == []
    hours = [{"weekday": "SUNDAY", "startTime": "10:00:00", "endTime": "12:00:00"}]
    answer = execute(api, "SetWorkingHours", dora.user, input={"hours": hours})
    assert answer == {"__typename": "Doctor", "id": id_of(dora), "workingHours": hours}


def test_unapproved_doctor_can_neither_change_nor_create_appointments(
    api: Api, ann: Patient, dora: Doctor, appointment: Appointment
) -> None:
    disapprove(dora)
    when = {"date": "2026-03-04", "time": "09:00"}
    sent = {
        "ConfirmAppointment": {},
        "CompleteAppointment": {},
        "CancelAppointment": {},
        "RescheduleAppointment": when,
    }
    assert {
        name: execute(api, name, dora.user, input={"id": id_of(appointment), **more})
        for name, more in sent.items()
    } == dict.fromkeys(sent, operation_info(BookingErrorCode.NOT_FOUND, "id"))
    another = {"patientId": id_of(ann), "date": "2026-03-05", "time": "09:00"}
    booked = execute(api, "CreateAppointment", dora.user, input=another)
    assert booked == operation_info(BookingErrorCode.NOT_FOUND, "doctorId")
