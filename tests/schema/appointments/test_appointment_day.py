"""The mutations that record an arrival or a no-show, and reopen or amend an appointment."""

import datetime as dt
from typing import Any

import pytest
import time_machine

from clinic.errors import BookingErrorCode
from clinic.models import Appointment, AppointmentChange, Doctor, Patient, Status
from tests.schema.appointments.create_appointment import unavailable
from tests.schema.appointments.day_mutations import NOT_FOUND, change, parts, slots
from tests.support.api_client import Api
from tests.support.booking import (
    TEN,
    assert_ticks_are_those_of_live_appointments,
    book_as_patient,
    cancel,
    history_of,
    write,
)
from tests.support.fixtures.people import offer_type
from tests.support.global_ids import id_of
from tests.support.graphql_responses import operation_info, validation_info
from users.models import User

pytestmark = pytest.mark.django_db

DURING = dt.datetime(2026, 3, 3, 8, tzinfo=dt.UTC)  # 09:00 at the clinic
NEXT_DAY = DURING + dt.timedelta(days=1)
INVALID = operation_info(BookingErrorCode.INVALID_TRANSITION)
TAKEN = "The doctor has another appointment at this time. Choose another time."
BUSY = "The patient has another appointment at this time. Choose another time."


def invalid(message: str) -> dict[str, Any]:
    return operation_info(BookingErrorCode.INVALID_TRANSITION, message=message)


EARLY = invalid("The appointment has not started yet.")
LATE = invalid("The appointment has already started.")
OTHER_DAY = invalid("This is possible only on the day of the appointment.")

# Mutation, status before, the time of the request (None: the day before), the resulting status or
# error.
TABLE = [
    ("RecordArrival", "CONFIRMED", DURING, "CONFIRMED"),
    ("RecordArrival", "CONFIRMED", DURING - dt.timedelta(hours=9), "CONFIRMED"),
    ("RecordArrival", "CONFIRMED", None, OTHER_DAY),
    ("RecordArrival", "CONFIRMED", NEXT_DAY, OTHER_DAY),
    ("RecordArrival", "PENDING", DURING, INVALID),
    ("RecordArrival", "COMPLETED", DURING, INVALID),
    ("RecordArrival", "NO_SHOW", DURING, INVALID),
    ("RecordArrival", "CANCELLED", DURING, INVALID),
    ("RecordNoShow", "CONFIRMED", DURING, "NO_SHOW"),
    ("RecordNoShow", "CONFIRMED", None, EARLY),
    ("RecordNoShow", "PENDING", DURING, INVALID),
    ("RecordNoShow", "COMPLETED", DURING, INVALID),
    ("RecordNoShow", "NO_SHOW", DURING, INVALID),
    ("RecordNoShow", "CANCELLED", DURING, INVALID),
    ("ReopenAppointment", "CANCELLED", None, "CONFIRMED"),
    ("ReopenAppointment", "CANCELLED", DURING, LATE),
    ("ReopenAppointment", "COMPLETED", NEXT_DAY, "CONFIRMED"),
    ("ReopenAppointment", "NO_SHOW", NEXT_DAY, "CONFIRMED"),
    ("ReopenAppointment", "PENDING", None, INVALID),
    ("ReopenAppointment", "CONFIRMED", None, INVALID),
    ("AmendAppointment", "PENDING", None, "PENDING"),
    ("AmendAppointment", "CONFIRMED", None, "CONFIRMED"),
    ("AmendAppointment", "CONFIRMED", NEXT_DAY, "CONFIRMED"),
    ("AmendAppointment", "COMPLETED", DURING, INVALID),
    ("AmendAppointment", "NO_SHOW", DURING, INVALID),
    ("AmendAppointment", "CANCELLED", None, INVALID),
]


@pytest.mark.parametrize("who", ["doctor", "staff"])
@pytest.mark.parametrize(("mutation", "before", "at", "after"), TABLE)
def test_day_mutations_follow_transition_table(
    api: Api,
    confirmed: Appointment,
    sam: User,
    clock: time_machine.Traveller,
    mutation: str,
    before: str,
    at: dt.datetime | None,
    after: str | dict[str, Any],
    who: str,
) -> None:
    confirmed.status = Status[before]
    confirmed.save()
    if at:
        clock.move_to(at)
    changes = AppointmentChange.objects.count()
    answer = change(api, sam if who == "staff" else confirmed.doctor.user, confirmed, mutation)
    confirmed.refresh_from_db()
    if isinstance(after, dict):
        assert answer == after
        assert (confirmed.status.upper(), AppointmentChange.objects.count()) == (before, changes)
    else:
        assert (answer["__typename"], answer["id"]) == ("Appointment", id_of(confirmed))
        assert (answer["status"], confirmed.status.upper()) == (after, after)
        assert AppointmentChange.objects.count() == changes + 1
    assert_ticks_are_those_of_live_appointments()


def test_record_arrival_keeps_the_first_time(
    api: Api, confirmed: Appointment, sam: User, clock: time_machine.Traveller
) -> None:
    clock.move_to(DURING)
    first = change(api, confirmed.doctor.user, confirmed, "RecordArrival")
    clock.shift(dt.timedelta(minutes=10))
    second = change(api, sam, confirmed, "RecordArrival")
    assert first == second == parts(confirmed, arrivedAt="2026-03-03T09:00:00+01:00")
    assert history_of(confirmed) == [
        ("pending", "2026-03-03 09:00", "Ann"),
        ("confirmed", "2026-03-03 09:00", "Dora"),
        ("confirmed", "2026-03-03 09:00", "Dora"),
    ]


def test_record_no_show_and_reopen_keep_the_arrival(
    api: Api, confirmed: Appointment, clock: time_machine.Traveller
) -> None:
    doctor, arrived = confirmed.doctor.user, {"arrivedAt": "2026-03-03T09:00:00+01:00"}
    clock.move_to(DURING)
    change(api, doctor, confirmed, "RecordArrival")
    missed = change(api, doctor, confirmed, "RecordNoShow")
    reopened = change(api, doctor, confirmed, "ReopenAppointment")
    assert missed == parts(confirmed, **arrived, status="NO_SHOW")
    assert reopened == parts(confirmed, **arrived)


def test_reopen_appointment_takes_its_time_again(
    api: Api, confirmed: Appointment, ben: Patient, dora: Doctor
) -> None:
    cancel(confirmed.patient.user, confirmed, "Ill")
    other = book_as_patient(ben, dora)
    taken = change(api, dora.user, confirmed, "ReopenAppointment")
    cancel(ben.user, other)
    reopened = change(api, dora.user, confirmed, "ReopenAppointment")
    confirmed.refresh_from_db()
    assert taken == unavailable("SLOT_TAKEN", TAKEN, *slots("09:30", "10:00", "10:30"))
    assert (reopened, confirmed.cancellation_reason) == (parts(confirmed), "")
    assert_ticks_are_those_of_live_appointments()


def test_reopen_appointment_of_a_busy_patient_returns_patient_busy(
    api: Api, confirmed: Appointment, emil: Doctor
) -> None:
    cancel(confirmed.patient.user, confirmed)
    book_as_patient(confirmed.patient, emil)
    answer = change(api, confirmed.doctor.user, confirmed, "ReopenAppointment")
    assert answer == unavailable("PATIENT_BUSY", BUSY, *slots("09:30", "10:00", "10:30"))


@pytest.mark.parametrize(
    ("reason", "code", "message"),
    [
        ("", "required", "This field is required."),
        (" \n", "required", "This field is required."),
        (
            "x" * 2001,
            "max_length",
            "Ensure this value has at most 2000 characters (it has 2001).",
        ),
    ],
)
def test_reopen_appointment_requires_a_storable_reason(
    api: Api, confirmed: Appointment, reason: str, code: str, message: str
) -> None:
    cancel(confirmed.patient.user, confirmed)
    answer = change(api, confirmed.doctor.user, confirmed, "ReopenAppointment", reason=reason)
    assert answer == validation_info(("reason", code, message))


def test_reopen_cancelled_appointment_requires_a_bookable_doctor(
    api: Api, confirmed: Appointment, dora: Doctor, sam: User
) -> None:
    cancel(confirmed.patient.user, confirmed)
    write(dora, approved=False)
    assert change(api, dora.user, confirmed, "ReopenAppointment") == NOT_FOUND
    assert change(api, sam, confirmed, "ReopenAppointment") == parts(confirmed)


def test_amend_appointment_reports_a_collision_and_offers_slots(
    api: Api, confirmed: Appointment, ben: Patient, dora: Doctor
) -> None:
    book_as_patient(ben, dora, time=TEN)
    longer = change(api, dora.user, confirmed, "AmendAppointment", durationMinutes=60)
    too_long = change(api, dora.user, confirmed, "AmendAppointment", durationMinutes=65)
    assert longer == parts(confirmed, durationMinutes=60)
    alternatives = slots("10:30", "11:00", "11:30", minutes=65)
    assert too_long == unavailable("SLOT_TAKEN", TAKEN, *alternatives)
    assert_ticks_are_those_of_live_appointments()


@pytest.mark.parametrize(
    ("sent", "code", "field", "message"),
    [
        ({"durationMinutes": 7}, BookingErrorCode.OFF_GRID, "durationMinutes", None),
        (
            {"durationMinutes": 485},
            BookingErrorCode.INVALID,
            "durationMinutes",
            "An appointment must last 5 to 480 minutes.",
        ),
        (
            {"durationMinutes": None, "reasonForVisit": "\x07"},
            BookingErrorCode.INVALID,
            "reasonForVisit",
            "This text contains characters that cannot be stored. Remove them.",
        ),
    ],
)
def test_amend_appointment_rejects_invalid_values(
    api: Api,
    confirmed: Appointment,
    sent: dict[str, object],
    code: BookingErrorCode,
    field: str,
    message: str | None,
) -> None:
    answer = change(api, confirmed.doctor.user, confirmed, "AmendAppointment", **sent)
    assert answer == operation_info(code, field, message)


def test_amend_appointment_to_another_type_takes_its_terms(
    api: Api, confirmed: Appointment, dora: Doctor
) -> None:
    longer = offer_type(
        dora,
        "First appointment",
        duration_minutes=45,
        buffer_after_minutes=15,
        cancellation_notice_minutes=60,
    )
    sent = {"durationMinutes": None, "appointmentTypeId": id_of(longer)}
    assert change(api, dora.user, confirmed, "AmendAppointment", **sent) == parts(
        confirmed,
        durationMinutes=45,
        appointmentType={"id": id_of(longer), "name": "First appointment", "description": ""},
        changeableUntil="2026-03-03T08:00:00+01:00",
    )
    assert_ticks_are_those_of_live_appointments()


def test_amend_appointment_changes_only_the_reason(api: Api, confirmed: Appointment) -> None:
    doctor = confirmed.doctor.user
    reasons = []
    for reason in ("A cough", None, ""):
        sent = {"durationMinutes": None, "reasonForVisit": reason}
        assert change(api, doctor, confirmed, "AmendAppointment", **sent) == parts(confirmed)
        confirmed.refresh_from_db()
        reasons.append(confirmed.reason_for_visit)
    assert reasons == ["A cough", "A cough", ""]


def test_amend_appointment_without_changes_records_nothing(
    api: Api, confirmed: Appointment
) -> None:
    answer = change(api, confirmed.doctor.user, confirmed, "AmendAppointment", durationMinutes=30)
    assert answer == parts(confirmed)
    assert [status for status, *_ in history_of(confirmed)] == ["pending", "confirmed"]
