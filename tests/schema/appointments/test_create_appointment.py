"""The `createAppointment` mutation: bookings, and the errors in `OperationInfo`."""

import datetime as dt

import pytest
import time_machine
from pytest_django import Settings

from clinic.errors import BookingErrorCode
from clinic.models import Appointment, Doctor, Patient
from tests.schema.appointments.create_appointment import book, summary
from tests.support.api_client import Api
from tests.support.booking import TEN, book_as_doctor, book_as_patient
from tests.support.fixtures.people import become_patient, make_user
from tests.support.global_ids import id_of, node_id
from tests.support.graphql_responses import operation_info, root_value
from users.models import User

pytestmark = pytest.mark.django_db


def test_create_appointment_by_patient_is_pending(api: Api, ann: Patient, dora: Doctor) -> None:
    assert summary(book(api, ann.user, doctorId=id_of(dora))) == (
        "Appointment",
        "2026-03-03T09:00:00+01:00",
        "2026-03-03T09:30:00+01:00",
        30,
        "PENDING",
    )


def test_create_appointment_by_doctor_is_confirmed_with_any_duration(
    api: Api, ann: Patient, dora: Doctor
) -> None:
    book_as_patient(ann, dora)
    sent = {"date": "2026-03-07", "time": "22:55", "durationMinutes": 65}
    assert summary(book(api, dora.user, patientId=id_of(ann), **sent)) == (
        "Appointment",
        "2026-03-07T22:55:00+01:00",
        "2026-03-08T00:00:00+01:00",
        65,
        "CONFIRMED",
    )


@pytest.mark.parametrize("minutes", [{}, {"durationMinutes": None}])
def test_create_appointment_by_doctor_defaults_to_slot_minutes(
    api: Api, ann: Patient, dora: Doctor, minutes: dict[str, None]
) -> None:
    book_as_patient(ann, dora)
    booked = book(api, dora.user, patientId=id_of(ann), time="17:00", **minutes)
    assert booked["durationMinutes"] == 30


@pytest.mark.parametrize(
    ("roles", "field"),
    [
        ({"is_patient": True}, "doctorId"),
        ({"is_doctor": True}, "patientId"),
        ({"is_patient": True, "is_doctor": True}, "doctorId"),
    ],
)
@pytest.mark.parametrize("ids", [{}, {"doctorId": None, "patientId": None}])
def test_create_appointment_requires_id_for_role(
    api: Api, db: None, roles: dict[str, bool], field: str, ids: dict[str, None]
) -> None:
    assert book(api, make_user("Eva", **roles), **ids) == operation_info(
        BookingErrorCode.REQUIRED, field
    )


def test_create_appointment_rejects_both_ids_from_users_who_name_others(
    api: Api, ann: Patient, ben: Patient, dora: Doctor, emil: Doctor
) -> None:
    error = operation_info(
        BookingErrorCode.INVALID, None, "Specify either the doctor or the patient, not both."
    )
    for user in (ben.user, emil.user):
        for patient in (id_of(ann), node_id("Patient", 0)):
            assert book(api, user, doctorId=id_of(dora), patientId=patient) == error


def test_create_appointment_accepts_both_ids_from_users_who_name_themselves(
    api: Api, ann: Patient, dora: Doctor
) -> None:
    both = {"doctorId": id_of(dora), "patientId": id_of(ann)}
    assert book(api, ann.user, **both)["status"] == "PENDING"
    assert book(api, dora.user, **both, time="10:00:00")["status"] == "CONFIRMED"


def test_create_appointment_rejects_duration_from_patient(
    api: Api, ann: Patient, dora: Doctor
) -> None:
    message = (
        "Patients cannot choose the duration. Leave it out to use that of the appointment type or, "
        "without types, the slot length of the doctor."
    )
    assert book(api, ann.user, doctorId=id_of(dora), durationMinutes=30) == operation_info(
        BookingErrorCode.INVALID, "durationMinutes", message
    )


def test_create_appointment_requires_role(api: Api, ann: Patient, dora: Doctor, olga: User) -> None:
    error = operation_info(BookingErrorCode.ROLE_REQUIRED)
    for user in (dora.user, olga):
        assert book(api, user, doctorId=id_of(dora)) == error
    for user in (ann.user, olga):
        assert book(api, user, patientId=id_of(ann)) == error
    assert book(api, olga) == error


@pytest.mark.parametrize("role", ["is_patient", "is_doctor"])
def test_create_appointment_reports_missing_profile_before_not_found(
    api: Api, db: None, role: str
) -> None:
    user = make_user("Eva", **{role: True})
    id_field = "doctorId" if role == "is_patient" else "patientId"
    node = "RG9jdG9yOjk5OQ==" if role == "is_patient" else "UGF0aWVudDo5OTk="
    assert book(api, user, **{id_field: node}) == operation_info(BookingErrorCode.PROFILE_REQUIRED)


def test_create_appointment_rejects_own_appointment(api: Api, ann: Patient, dora: Doctor) -> None:
    both, patient = dora.user, become_patient(dora)
    assert book(api, both, doctorId=id_of(dora)) == operation_info(BookingErrorCode.OWN_APPOINTMENT)
    assert book(api, both, patientId=id_of(patient)) == operation_info(
        BookingErrorCode.OWN_APPOINTMENT
    )


@pytest.mark.parametrize(
    ("sent", "code", "field"),
    [
        ({"time": "09:01"}, BookingErrorCode.OFF_GRID, "time"),
        ({"time": "09:00:30"}, BookingErrorCode.OFF_GRID, "time"),
        ({"date": "2026-03-01"}, BookingErrorCode.IN_THE_PAST, "date"),
        ({"date": "2026-03-02", "time": "07:55"}, BookingErrorCode.IN_THE_PAST, "time"),
        ({"date": "2027-03-03"}, BookingErrorCode.BEYOND_HORIZON, "date"),
        ({"date": "2026-03-29", "time": "02:30"}, BookingErrorCode.NONEXISTENT_TIME, "time"),
        ({"date": "2026-03-29", "time": "01:45"}, BookingErrorCode.NONEXISTENT_TIME, "time"),
        ({"date": "2026-10-25", "time": "02:30"}, BookingErrorCode.NONEXISTENT_TIME, "time"),
        ({"date": "2026-10-25", "time": "01:45"}, BookingErrorCode.NONEXISTENT_TIME, "time"),
    ],
)
def test_create_appointment_rejects_invalid_time(
    api: Api, ann: Patient, dora: Doctor, sent: dict[str, str], code: BookingErrorCode, field: str
) -> None:
    assert book(api, ann.user, doctorId=id_of(dora), **sent) == operation_info(code, field)


def test_create_appointment_beyond_the_calendar_does_not_name_the_patients_limit(
    api: Api, ann: Patient, dora: Doctor
) -> None:
    book_as_patient(ann, dora)
    sent = {"patientId": id_of(ann), "date": "9999-12-31"}
    message = "This date cannot be booked. Choose an earlier one."
    assert book(api, dora.user, **sent) == operation_info(
        BookingErrorCode.BEYOND_HORIZON, "date", message
    )


def test_create_appointment_lead_time_applies_only_to_patients(
    api: Api, ann: Patient, dora: Doctor, settings: Settings
) -> None:
    book_as_patient(ann, dora)
    settings.LEAD_TIME_MINUTES = 120
    soon = {"date": "2026-03-02", "time": "09:30"}
    error = operation_info(BookingErrorCode.LEAD_TIME_TOO_SHORT, "time")
    assert book(api, ann.user, doctorId=id_of(dora), **soon) == error
    assert book(api, dora.user, patientId=id_of(ann), **soon)["status"] == "CONFIRMED"


LONG = "An appointment must last 5 to 480 minutes."
OVER_MIDNIGHT = "An appointment must end by midnight of the day on which it starts."


@pytest.mark.parametrize(
    ("minutes", "time", "code", "message"),
    [
        (7, "09:00", BookingErrorCode.OFF_GRID, None),
        (0, "09:00", BookingErrorCode.INVALID, LONG),
        (-5, "09:00", BookingErrorCode.INVALID, LONG),
        (485, "09:00", BookingErrorCode.INVALID, LONG),
        (2**31 - 3, "09:00", BookingErrorCode.INVALID, LONG),
        (65, "23:00", BookingErrorCode.INVALID, OVER_MIDNIGHT),
    ],
)
def test_create_appointment_rejects_invalid_duration(
    api: Api,
    ann: Patient,
    dora: Doctor,
    minutes: int,
    time: str,
    code: BookingErrorCode,
    message: str | None,
) -> None:
    book_as_patient(ann, dora)
    answer = book(api, dora.user, patientId=id_of(ann), time=time, durationMinutes=minutes)
    assert answer == operation_info(code, "durationMinutes", message)


def test_create_appointment_checks_rules_in_fixed_order(
    api: Api, ann: Patient, ben: Patient, dora: Doctor, clock: time_machine.Traveller
) -> None:
    """Each request breaks the expected rule and several later ones."""
    book_as_patient(ben, dora)
    book_as_doctor(dora, ben, time=TEN)
    clock.move_to(dt.datetime(2026, 3, 3, 8, tzinfo=dt.UTC))
    past = {"date": "2026-03-02", "time": "02:01"}
    doctor = id_of(dora)
    codes = [
        book(api, ann.user, doctorId="RG9jdG9yOjk5OQ==", **past)["messages"][0]["code"],
        book(api, ann.user, doctorId=doctor, **past)["messages"][0]["code"],
        book(api, ann.user, doctorId=doctor, date="2025-03-30", time="02:30")["messages"][0][
            "code"
        ],
        book(api, ann.user, doctorId=doctor, time="08:55")["messages"][0]["code"],
        book(api, ann.user, doctorId=doctor, time="10:15")["code"],
        book(api, ann.user, doctorId=doctor, time="10:45")["code"],
    ]
    assert codes == [
        "not_found",
        "off_grid",
        "nonexistent_time",
        "in_the_past",
        "SLOT_TAKEN",
        "OUTSIDE_AVAILABILITY",
    ]


def test_create_appointment_retry_with_same_key_returns_first_booking(
    api: Api, ann: Patient, dora: Doctor
) -> None:
    sent = {"doctorId": id_of(dora), "idempotencyKey": "k", "reasonForVisit": None}
    first = book(api, ann.user, **sent)
    root_value(api("ConfirmAppointment", {"input": {"id": first["id"]}}, user=dora.user))
    retried = book(api, ann.user, **{**sent, "time": "09:00:00", "reasonForVisit": ""})
    assert retried == first | {"status": "CONFIRMED"}
    assert Appointment.objects.count() == 1


def test_create_appointment_idempotency_key_is_per_user_and_request(
    api: Api, ann: Patient, ben: Patient, dora: Doctor
) -> None:
    sent = {"doctorId": id_of(dora), "idempotencyKey": "k"}
    book(api, ann.user, **sent)
    assert book(api, ann.user, **sent, reasonForVisit="other") == operation_info(
        BookingErrorCode.IDEMPOTENCY_KEY_REUSED, "idempotencyKey"
    )
    assert book(api, ben.user, **sent, reasonForVisit="other")["code"] == "SLOT_TAKEN"


def test_create_appointment_rejects_invalid_reason(api: Api, ann: Patient, dora: Doctor) -> None:
    sent = {"doctorId": id_of(dora)}
    too_long = book(api, ann.user, **sent, reasonForVisit="x" * 2001)
    assert [(m["field"], m["code"]) for m in too_long["messages"]] == [
        ("reasonForVisit", "max_length")
    ]
    unprintable = book(api, ann.user, **sent, reasonForVisit="\x07")
    assert [(m["field"], m["code"]) for m in unprintable["messages"]] == [
        ("reasonForVisit", "invalid")
    ]
