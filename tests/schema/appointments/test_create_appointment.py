"""``createAppointment`` over HTTP: what it books, and each way in which it says no."""

import datetime as dt
from typing import Any

import pytest
import time_machine
from pytest_django import Settings

from clinic.errors import BookingErrorCode
from clinic.models import Appointment, Doctor, Patient
from tests.schema.contract_cases.world import slot
from tests.support.api_client import Api
from tests.support.booking import TEN, book_as_doctor, book_as_patient
from tests.support.fixtures.people import become_patient, make_user
from tests.support.global_ids import id_of
from tests.support.graphql_responses import answer_of, told
from users.models import User

pytestmark = pytest.mark.django_db
TUESDAY_AT_NINE = {"date": "2026-03-03", "time": "09:00"}


def book(api: Api, user: User, **sent: object) -> Any:
    answer = api("CreateAppointment", {"input": {**TUESDAY_AT_NINE, **sent}}, user=user)
    return answer_of(answer)


def summary(booked: Any) -> tuple[str, str, str, int, str]:
    return tuple(
        booked[name] for name in ("__typename", "startsAt", "endsAt", "durationMinutes", "status")
    )


def test_a_patient_takes_a_slot_and_it_is_pending(api: Api, ann: Patient, dora: Doctor) -> None:
    assert summary(book(api, ann.user, doctorId=id_of(dora))) == (
        "Appointment",
        "2026-03-03T09:00:00+01:00",
        "2026-03-03T09:30:00+01:00",
        30,
        "PENDING",
    )


def test_a_doctor_books_one_of_their_patients_for_any_length_and_it_is_confirmed(
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
def test_without_a_length_a_doctors_appointment_is_as_long_as_a_slot(
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
def test_with_neither_id_the_one_that_the_role_needs_is_required(
    api: Api, db: None, roles: dict[str, bool], field: str, ids: dict[str, None]
) -> None:
    assert book(api, make_user("Eva", **roles), **ids) == told(BookingErrorCode.REQUIRED, field)


def test_both_ids_are_refused_as_a_whole(api: Api, ann: Patient, dora: Doctor) -> None:
    refusal = told(
        BookingErrorCode.INVALID, None, "Specify either the doctor or the patient, not both."
    )
    for user in (ann.user, dora.user):
        assert book(api, user, doctorId=id_of(dora), patientId=id_of(ann)) == refusal


def test_a_patient_may_not_say_how_long_a_appointment_is(
    api: Api, ann: Patient, dora: Doctor
) -> None:
    message = "Patients cannot choose the duration. Leave it out to use the slot length."
    assert book(api, ann.user, doctorId=id_of(dora), durationMinutes=30) == told(
        BookingErrorCode.INVALID, "durationMinutes", message
    )


def test_the_wrong_role_is_told_so_whoever_is_named(
    api: Api, ann: Patient, dora: Doctor, olga: User
) -> None:
    refusal = told(BookingErrorCode.ROLE_REQUIRED)
    for user in (dora.user, olga):
        assert book(api, user, doctorId=id_of(dora)) == refusal
    for user in (ann.user, olga):
        assert book(api, user, patientId=id_of(ann)) == refusal
    assert book(api, olga) == refusal


@pytest.mark.parametrize("role", ["is_patient", "is_doctor"])
def test_a_role_without_a_profile_is_told_before_who_is_not_found(
    api: Api, db: None, role: str
) -> None:
    user = make_user("Eva", **{role: True})
    named = "doctorId" if role == "is_patient" else "patientId"
    node = "RG9jdG9yOjk5OQ==" if role == "is_patient" else "UGF0aWVudDo5OTk="
    assert book(api, user, **{named: node}) == told(BookingErrorCode.PROFILE_REQUIRED)


def test_nobody_is_their_own_doctor_in_either_role(api: Api, ann: Patient, dora: Doctor) -> None:
    both, patient = dora.user, become_patient(dora)
    assert book(api, both, doctorId=id_of(dora)) == told(BookingErrorCode.OWN_APPOINTMENT)
    assert book(api, both, patientId=id_of(patient)) == told(BookingErrorCode.OWN_APPOINTMENT)


@pytest.mark.parametrize(
    ("sent", "code", "field"),
    [
        ({"time": "09:01"}, BookingErrorCode.OFF_GRID, "time"),
        ({"time": "09:00:30"}, BookingErrorCode.OFF_GRID, "time"),
        ({"date": "2026-03-01"}, BookingErrorCode.IN_THE_PAST, "date"),
        ({"date": "2026-03-02", "time": "07:55"}, BookingErrorCode.IN_THE_PAST, "time"),
        ({"date": "2027-03-03"}, BookingErrorCode.BEYOND_HORIZON, "date"),
        ({"date": "9999-12-31"}, BookingErrorCode.BEYOND_HORIZON, "date"),
        ({"date": "2026-03-29", "time": "02:30"}, BookingErrorCode.NONEXISTENT_TIME, "time"),
        ({"date": "2026-03-29", "time": "01:45"}, BookingErrorCode.NONEXISTENT_TIME, "time"),
    ],
)
def test_a_time_that_cannot_be_is_refused_with_its_field(
    api: Api, ann: Patient, dora: Doctor, sent: dict[str, str], code: BookingErrorCode, field: str
) -> None:
    assert book(api, ann.user, doctorId=id_of(dora), **sent) == told(code, field)


def test_too_short_notice_binds_patients_and_not_doctors(
    api: Api, ann: Patient, dora: Doctor, settings: Settings
) -> None:
    book_as_patient(ann, dora)
    settings.LEAD_TIME_MINUTES = 120
    soon = {"date": "2026-03-02", "time": "09:30"}
    refusal = told(BookingErrorCode.LEAD_TIME_TOO_SHORT, "time")
    assert book(api, ann.user, doctorId=id_of(dora), **soon) == refusal
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
def test_a_length_that_cannot_be_is_refused(
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
    assert answer == told(code, "durationMinutes", message)


def unavailable(code: str, message: str, *slots: dict[str, object]) -> dict[str, object]:
    return {
        "__typename": "SlotUnavailable",
        "code": code,
        "message": message,
        "nextAvailable": list(slots),
    }


def test_a_taken_slot_is_answered_with_the_next_three(
    api: Api, ann: Patient, ben: Patient, dora: Doctor, emil: Doctor
) -> None:
    book_as_patient(ann, dora)
    book_as_patient(ben, emil, time=dt.time(9, 30))
    assert book(api, ben.user, doctorId=id_of(dora)) == unavailable(
        "SLOT_TAKEN",
        "The doctor has another appointment at this time. Choose another time.",
        slot("10:00", "10:30"),
        slot("10:30", "11:00"),
        slot("11:00", "11:30"),
    )
    assert Appointment.objects.count() == 2


def test_a_patients_other_appointment_stands_against_a_second_one_then(
    api: Api, ann: Patient, dora: Doctor, emil: Doctor
) -> None:
    book_as_patient(ann, dora)
    assert book(api, ann.user, doctorId=id_of(emil)) == unavailable(
        "PATIENT_BUSY",
        "The patient has another appointment at this time. Choose another time.",
        slot("09:30", "10:00"),
        slot("10:00", "10:30"),
        slot("10:30", "11:00"),
    )


def test_a_time_between_slots_is_outside_availability(api: Api, ann: Patient, dora: Doctor) -> None:
    assert book(api, ann.user, doctorId=id_of(dora), time="16:45") == unavailable(
        "OUTSIDE_AVAILABILITY",
        "The doctor does not offer this time. Choose one of the available slots.",
        slot("09:00", "09:30", "2026-03-04"),
        slot("09:30", "10:00", "2026-03-04"),
        slot("10:00", "10:30", "2026-03-04"),
    )


def test_a_doctor_hears_no_more_of_a_busy_patient_than_that(
    api: Api, ann: Patient, dora: Doctor, emil: Doctor
) -> None:
    book_as_patient(ann, dora, time=TEN)
    book_as_patient(ann, emil)
    assert book(api, dora.user, patientId=id_of(ann)) == unavailable(
        "PATIENT_BUSY",
        "The patient has another appointment at this time. Choose another time.",
        slot("09:30", "10:00"),
        slot("10:30", "11:00"),
        slot("11:00", "11:30"),
    )


def test_refusals_come_in_one_order(
    api: Api, ann: Patient, ben: Patient, dora: Doctor, clock: time_machine.Traveller
) -> None:
    """Each request breaks the rule it is told about and several later ones."""
    book_as_patient(ben, dora)
    book_as_doctor(dora, ben, time=TEN)
    clock.move_to(dt.datetime(2026, 3, 3, 8, tzinfo=dt.UTC))
    past = {"date": "2026-03-02", "time": "02:01"}
    doctor = id_of(dora)
    told_in_turn = [
        book(api, ann.user, doctorId="RG9jdG9yOjk5OQ==", **past)["messages"][0]["code"],
        book(api, ann.user, doctorId=doctor, **past)["messages"][0]["code"],
        book(api, ann.user, doctorId=doctor, date="2025-03-30", time="02:30")["messages"][0][
            "code"
        ],
        book(api, ann.user, doctorId=doctor, time="08:55")["messages"][0]["code"],
        book(api, ann.user, doctorId=doctor, time="10:15")["code"],
        book(api, ann.user, doctorId=doctor, time="10:45")["code"],
    ]
    assert told_in_turn == [
        "not_found",
        "off_grid",
        "nonexistent_time",
        "in_the_past",
        "SLOT_TAKEN",
        "OUTSIDE_AVAILABILITY",
    ]


def test_a_retry_with_the_same_key_answers_the_first_booking_as_it_is_now(
    api: Api, ann: Patient, dora: Doctor
) -> None:
    sent = {"doctorId": id_of(dora), "idempotencyKey": "k", "reasonForVisit": None}
    first = book(api, ann.user, **sent)
    answer_of(api("ConfirmAppointment", {"input": {"id": first["id"]}}, user=dora.user))
    retried = book(api, ann.user, **{**sent, "time": "09:00:00", "reasonForVisit": ""})
    assert retried == first | {"status": "CONFIRMED"}
    assert Appointment.objects.count() == 1


def test_a_key_used_for_another_request_is_refused_and_another_persons_is_their_own(
    api: Api, ann: Patient, ben: Patient, dora: Doctor
) -> None:
    sent = {"doctorId": id_of(dora), "idempotencyKey": "k"}
    book(api, ann.user, **sent)
    assert book(api, ann.user, **sent, reasonForVisit="other") == told(
        BookingErrorCode.IDEMPOTENCY_KEY_REUSED, "idempotencyKey"
    )
    assert book(api, ben.user, **sent, reasonForVisit="other")["code"] == "SLOT_TAKEN"


def test_a_reason_too_long_or_unstorable_is_refused(api: Api, ann: Patient, dora: Doctor) -> None:
    sent = {"doctorId": id_of(dora)}
    too_long = book(api, ann.user, **sent, reasonForVisit="x" * 2001)
    assert [(m["field"], m["code"]) for m in too_long["messages"]] == [
        ("reasonForVisit", "max_length")
    ]
    bell = book(api, ann.user, **sent, reasonForVisit="\x07")
    assert [(m["field"], m["code"]) for m in bell["messages"]] == [("reasonForVisit", "invalid")]
