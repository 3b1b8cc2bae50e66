"""The mutation `reassignAppointment`: staff move an appointment to another doctor."""

import datetime as dt

import pytest

from clinic.errors import BookingErrorCode
from clinic.models import Appointment, Doctor, Patient
from tests.schema.appointments.create_appointment import unavailable
from tests.schema.appointments.day_mutations import WRONG_ROLE, change, parts, slots
from tests.support.api_client import Api
from tests.support.booking import (
    TEN,
    assert_ticks_are_those_of_live_appointments,
    book_as_patient,
    cancel,
    write,
)
from tests.support.fixtures.people import become_patient
from tests.support.global_ids import id_of
from tests.support.graphql_responses import operation_info, root_value
from users.models import User

pytestmark = pytest.mark.django_db

MUTATION = "ReassignAppointment"
NO_DOCTOR = operation_info(BookingErrorCode.NOT_FOUND, "doctorId")
HISTORY = """query History($id: ID!) { appointment(id: $id) { history {
    status date time changedBy { firstName } outsideAvailability } } }"""


def test_reassign_appointment_keeps_id_and_frees_the_former_doctor(
    api: Api, confirmed: Appointment, ben: Patient, emil: Doctor, sam: User
) -> None:
    answer = change(api, sam, confirmed, MUTATION, doctorId=id_of(emil))
    assert answer == parts(confirmed, doctor={"id": id_of(emil)})
    assert book_as_patient(ben, confirmed.doctor).time == confirmed.time
    assert_ticks_are_those_of_live_appointments()


def test_reassign_appointment_ends_the_access_of_the_former_doctor(
    api: Api, confirmed: Appointment, emil: Doctor, sam: User
) -> None:
    change(api, sam, confirmed, MUTATION, doctorId=id_of(emil))
    before, after = confirmed.doctor.user, emil.user
    sent = {"id": id_of(confirmed)}
    seen = [root_value(api("AppointmentById", sent, user=user)) for user in (before, after)]
    assert (seen[0], seen[1]["doctor"]["id"]) == (None, id_of(emil))
    patient = {"id": id_of(confirmed.patient)}
    assert root_value(api("PatientById", patient, user=before)) is None


def test_reassign_appointment_outside_the_hours_is_marked_in_the_history(
    api: Api, confirmed: Appointment, emil: Doctor, sam: User
) -> None:
    sunday = {"date": "2026-03-08", "time": "20:00"}
    answer = change(api, sam, confirmed, MUTATION, doctorId=id_of(emil), **sunday)
    assert answer == parts(
        confirmed,
        doctor={"id": id_of(emil)},
        date="2026-03-08",
        time="20:00:00",
        changeableUntil="2026-03-08T20:00:00+01:00",
    )
    sent = {"id": id_of(confirmed)}
    tuesday = {"date": "2026-03-03", "time": "09:00:00", "outsideAvailability": False}
    assert root_value(api(HISTORY, sent, user=confirmed.patient.user))["history"] == [
        {"status": "PENDING", "changedBy": {"firstName": "Ann"}, **tuesday},
        {"status": "CONFIRMED", "changedBy": {"firstName": "Dora"}, **tuesday},
        {
            "status": "CONFIRMED",
            "date": "2026-03-08",
            "time": "20:00:00",
            "changedBy": {"firstName": "Sam"},
            "outsideAvailability": True,
        },
    ]


def test_reassign_appointment_to_a_busy_doctor_offers_slots_of_that_doctor(
    api: Api, confirmed: Appointment, ben: Patient, emil: Doctor, sam: User
) -> None:
    book_as_patient(ben, emil)
    assert change(api, sam, confirmed, MUTATION, doctorId=id_of(emil)) == unavailable(
        "SLOT_TAKEN",
        "The doctor has another appointment at this time. Choose another time.",
        *slots("09:30", "10:00", "10:30"),
    )


def test_reassign_appointment_to_a_time_of_a_busy_patient_is_rejected(
    api: Api, confirmed: Appointment, dora: Doctor, emil: Doctor, sam: User
) -> None:
    book_as_patient(confirmed.patient, dora, time=TEN)
    answer = change(api, sam, confirmed, MUTATION, doctorId=id_of(emil), time="10:00")
    assert answer == unavailable(
        "PATIENT_BUSY",
        "The patient has another appointment at this time. Choose another time.",
        *slots("10:30", "11:00", "11:30"),
    )


def test_reassign_appointment_to_its_own_doctor_at_its_time_changes_nothing(
    api: Api, confirmed: Appointment, sam: User
) -> None:
    own = id_of(confirmed.doctor)
    assert change(api, sam, confirmed, MUTATION, doctorId=own) == parts(confirmed)
    assert confirmed.history.count() == 2


def test_reassign_appointment_rejects_the_past_and_closed_appointments(
    api: Api, confirmed: Appointment, emil: Doctor, sam: User
) -> None:
    past = change(api, sam, confirmed, MUTATION, doctorId=id_of(emil), date="2026-03-01")
    cancel(confirmed.patient.user, confirmed)
    closed = change(api, sam, confirmed, MUTATION, doctorId=id_of(emil))
    assert past == operation_info(BookingErrorCode.IN_THE_PAST, "date")
    assert closed == operation_info(BookingErrorCode.INVALID_TRANSITION)


def test_reassign_appointment_rejects_the_patient_as_doctor(
    api: Api, dora: Doctor, emil: Doctor, sam: User
) -> None:
    appointment = book_as_patient(become_patient(emil), dora)
    answer = change(api, sam, appointment, MUTATION, doctorId=id_of(emil))
    assert answer == operation_info(BookingErrorCode.OWN_APPOINTMENT)


def test_reassign_appointment_rejects_a_doctor_with_an_inactive_account(
    api: Api, confirmed: Appointment, emil: Doctor, sam: User
) -> None:
    write(emil, approved=False)
    moved = change(api, sam, confirmed, MUTATION, doctorId=id_of(emil), time="10:00")
    write(confirmed.doctor.user, is_active=False)
    back = change(api, sam, confirmed, MUTATION, doctorId=id_of(confirmed.doctor))
    assert (moved["__typename"], back) == ("Appointment", NO_DOCTOR)


def test_reassign_appointment_is_for_staff_only(
    api: Api, confirmed: Appointment, emil: Doctor
) -> None:
    callers = (confirmed.patient.user, confirmed.doctor.user, emil.user)
    answers = [
        change(api, user, confirmed, MUTATION, doctorId=id_of(emil), date=None, time=None)
        for user in callers
    ]
    assert answers == [WRONG_ROLE] * 3


def test_reassign_appointment_keeps_the_terms_of_the_booking(
    api: Api, confirmed: Appointment, emil: Doctor, sam: User
) -> None:
    write(confirmed, buffer_after_minutes=15, cancellation_notice_minutes=90)
    answer = change(api, sam, confirmed, MUTATION, doctorId=id_of(emil), time=str(dt.time(11)))
    assert answer == parts(
        confirmed,
        doctor={"id": id_of(emil)},
        time="11:00:00",
        changeableUntil="2026-03-03T09:30:00+01:00",
    )
    assert_ticks_are_those_of_live_appointments()
