"""The mutations that confirm, complete, cancel and reschedule an appointment."""

import datetime as dt
from typing import Any

import pytest
import time_machine

from clinic.errors import BookingErrorCode
from clinic.models import Appointment, AppointmentChange, BusyTick, Doctor, Patient
from tests.schema.contract_cases.case import slot
from tests.support.api_client import Api
from tests.support.booking import TEN, book_as_patient, cancel, complete, confirm
from tests.support.fixtures.people import become_patient, make_user
from tests.support.global_ids import id_of
from tests.support.graphql_responses import operation_info, root_value
from users.models import User

pytestmark = pytest.mark.django_db

DURING = dt.datetime(
    2026, 3, 3, 8, tzinfo=dt.UTC
)  # 09:00 at the clinic, when the appointment starts
INVALID = operation_info(BookingErrorCode.INVALID_TRANSITION)
TOO_EARLY = operation_info(
    BookingErrorCode.INVALID_TRANSITION, message="The appointment has not started yet."
)
TOO_LATE = operation_info(
    BookingErrorCode.INVALID_TRANSITION, message="The appointment has already started."
)
WRONG_ROLE = operation_info(BookingErrorCode.ROLE_REQUIRED)
NOT_FOUND = operation_info(BookingErrorCode.NOT_FOUND, "id")
MUTATIONS = {
    "ConfirmAppointment": {},
    "CompleteAppointment": {},
    "CancelAppointment": {},
    "RescheduleAppointment": {"date": "2026-03-04", "time": "09:00"},
}


@pytest.fixture
def appointment(ann: Patient, dora: Doctor) -> Appointment:
    """Ann's pending appointment with Dora, on Tuesday at 09:00."""
    return book_as_patient(ann, dora)


def change(api: Api, user: User, appointment: Appointment, mutation: str, **more: object) -> Any:
    sent = {"id": id_of(appointment), **MUTATIONS[mutation], **more}
    return root_value(api(mutation, {"input": sent}, user=user))


def set_status(appointment: Appointment, status: str) -> None:
    doctor = appointment.doctor.user
    if status in ("CONFIRMED", "COMPLETED"):
        confirm(doctor, appointment)
    if status == "COMPLETED":
        with time_machine.travel(DURING, tick=False):
            complete(doctor, appointment)
    if status == "CANCELLED":
        cancel(doctor, appointment)


# Mutation, caller, status before, whether the appointment has started, and the resulting status
# or error.
TABLE = [
    ("ConfirmAppointment", "doctor", "PENDING", False, "CONFIRMED"),
    ("ConfirmAppointment", "doctor", "PENDING", True, "CONFIRMED"),
    ("ConfirmAppointment", "doctor", "CONFIRMED", False, INVALID),
    ("ConfirmAppointment", "doctor", "COMPLETED", True, INVALID),
    ("ConfirmAppointment", "doctor", "CANCELLED", False, INVALID),
    ("ConfirmAppointment", "patient", "PENDING", False, WRONG_ROLE),
    ("CompleteAppointment", "doctor", "CONFIRMED", True, "COMPLETED"),
    ("CompleteAppointment", "doctor", "CONFIRMED", False, TOO_EARLY),
    ("CompleteAppointment", "doctor", "PENDING", True, INVALID),
    ("CompleteAppointment", "doctor", "COMPLETED", True, INVALID),
    ("CompleteAppointment", "doctor", "CANCELLED", True, INVALID),
    ("CompleteAppointment", "patient", "CONFIRMED", True, WRONG_ROLE),
    ("CancelAppointment", "patient", "PENDING", False, "CANCELLED"),
    ("CancelAppointment", "patient", "CONFIRMED", False, "CANCELLED"),
    ("CancelAppointment", "patient", "CONFIRMED", True, TOO_LATE),
    ("CancelAppointment", "patient", "CANCELLED", False, INVALID),
    ("CancelAppointment", "patient", "COMPLETED", True, INVALID),
    ("CancelAppointment", "doctor", "PENDING", True, "CANCELLED"),
    ("CancelAppointment", "doctor", "CONFIRMED", True, "CANCELLED"),
    ("CancelAppointment", "doctor", "COMPLETED", True, INVALID),
    ("CancelAppointment", "doctor", "CANCELLED", False, INVALID),
    ("RescheduleAppointment", "patient", "PENDING", False, "PENDING"),
    ("RescheduleAppointment", "patient", "CONFIRMED", False, "PENDING"),
    ("RescheduleAppointment", "patient", "CONFIRMED", True, TOO_LATE),
    ("RescheduleAppointment", "patient", "CANCELLED", False, INVALID),
    ("RescheduleAppointment", "doctor", "PENDING", False, "PENDING"),
    ("RescheduleAppointment", "doctor", "CONFIRMED", True, "CONFIRMED"),
    ("RescheduleAppointment", "doctor", "COMPLETED", True, INVALID),
    ("RescheduleAppointment", "doctor", "CANCELLED", False, INVALID),
]


@pytest.mark.parametrize(("mutation", "who", "before", "started", "after"), TABLE)
def test_appointment_mutations_follow_transition_table(
    api: Api,
    appointment: Appointment,
    clock: time_machine.Traveller,
    mutation: str,
    who: str,
    before: str,
    started: bool,  # noqa: FBT001 - a column of the table
    after: str | dict[str, Any],
) -> None:
    set_status(appointment, before)
    if started:
        clock.move_to(DURING)
    changes = AppointmentChange.objects.count()
    user = appointment.patient.user if who == "patient" else appointment.doctor.user
    answer = change(api, user, appointment, mutation)
    appointment.refresh_from_db()
    if isinstance(after, dict):
        assert answer == after
        assert (appointment.status.upper(), AppointmentChange.objects.count()) == (before, changes)
    else:
        assert (answer["__typename"], answer["id"]) == ("Appointment", id_of(appointment))
        assert (answer["status"], appointment.status.upper()) == (after, after)
        assert AppointmentChange.objects.count() == changes + 1


@pytest.mark.parametrize("mutation", MUTATIONS)
def test_appointment_mutations_require_role_and_profile(
    api: Api, appointment: Appointment, olga: User, mutation: str
) -> None:
    assert change(api, olga, appointment, mutation) == WRONG_ROLE
    assert change(api, make_user("Dan", is_doctor=True), appointment, mutation) == operation_info(
        BookingErrorCode.PROFILE_REQUIRED
    )
    new = change(api, make_user("Pia", is_patient=True), appointment, mutation)
    requires_doctor = mutation in ("ConfirmAppointment", "CompleteAppointment")
    assert new == (
        WRONG_ROLE if requires_doctor else operation_info(BookingErrorCode.PROFILE_REQUIRED)
    )


def test_user_with_both_roles_acts_in_the_role_of_the_appointment(
    api: Api, appointment: Appointment, emil: Doctor, dora: Doctor
) -> None:
    both, patient = emil.user, become_patient(emil)
    theirs = book_as_patient(patient, dora, time=TEN)
    assert change(api, both, theirs, "ConfirmAppointment") == WRONG_ROLE
    assert change(api, both, appointment, "CancelAppointment") == NOT_FOUND
    assert change(api, dora.user, theirs, "ConfirmAppointment")["status"] == "CONFIRMED"
    own = book_as_patient(appointment.patient, emil, time=dt.time(11))
    assert change(api, both, own, "ConfirmAppointment")["status"] == "CONFIRMED"
    seen = root_value(api("Upcoming", {"from": "2026-03-01"}, user=both))["edges"]
    assert [edge["node"]["id"] for edge in seen] == [id_of(theirs), id_of(own)]


@pytest.mark.parametrize("sent", [{}, {"reason": None}, {"reason": ""}, {"reason": "Ill"}])
def test_cancellation_reason_is_null_unless_cancelled(
    api: Api, appointment: Appointment, sent: dict[str, str | None]
) -> None:
    by_id = {"id": id_of(appointment)}
    before = root_value(api("AppointmentById", by_id, user=appointment.patient.user))
    cancelled = change(api, appointment.patient.user, appointment, "CancelAppointment", **sent)
    assert before["cancellationReason"] is None
    assert cancelled["cancellationReason"] == (sent.get("reason") or "")
    assert BusyTick.objects.count() == 0


def test_cancel_appointment_reports_long_reason_under_input_field(
    api: Api, appointment: Appointment
) -> None:
    answer = change(
        api, appointment.patient.user, appointment, "CancelAppointment", reason="x" * 2001
    )
    message = "Ensure this value has at most 2000 characters (it has 2001)."
    assert answer["messages"] == [
        {"kind": "VALIDATION", "field": "reason", "code": "max_length", "message": message}
    ]


def test_reschedule_appointment_by_patient_accepts_only_available_slots(
    api: Api, appointment: Appointment, ben: Patient, dora: Doctor
) -> None:
    user = appointment.patient.user
    dora.slot_minutes = 45
    dora.save()
    book_as_patient(ben, dora, time=TEN.replace(minute=30))
    sent = {"doctorId": id_of(dora), "start": "2026-03-03", "days": 1, "moving": id_of(appointment)}
    offered = root_value(api("AvailableSlots", sent, user=user))["availableSlots"]
    assert offered[:3] == [slot("09:00", "09:30"), slot("09:45", "10:15"), slot("11:15", "11:45")]
    move = {"date": "2026-03-03", "time": "09:45"}
    moved = change(api, user, appointment, "RescheduleAppointment", **move)
    assert (moved["id"], moved["durationMinutes"], moved["startsAt"]) == (
        id_of(appointment),
        30,
        "2026-03-03T09:45:00+01:00",
    )
    taken = change(api, user, appointment, "RescheduleAppointment", date="2026-03-03", time="10:30")
    assert taken == {
        "__typename": "SlotUnavailable",
        "code": "SLOT_TAKEN",
        "message": "The doctor has another appointment at this time. Choose another time.",
        "nextAvailable": [
            {"date": "2026-03-03", "time": "11:15:00"},
            {"date": "2026-03-03", "time": "12:00:00"},
            {"date": "2026-03-03", "time": "12:45:00"},
        ],
    }


def offered(api: Api, user: User, appointment: Appointment) -> Any:
    sent = {"doctorId": id_of(appointment.doctor), "start": "2026-03-03", "days": 1}
    return root_value(api("AvailableSlots", {**sent, "moving": id_of(appointment)}, user=user))[
        "availableSlots"
    ]


@pytest.mark.parametrize("status", ["CANCELLED", "COMPLETED"])
def test_available_slots_moving_is_empty_for_closed_appointment(
    api: Api, appointment: Appointment, status: str
) -> None:
    parties = (appointment.patient.user, appointment.doctor.user)
    assert all(offered(api, user, appointment) for user in parties)
    set_status(appointment, status)
    assert [offered(api, user, appointment) for user in parties] == [[], []]


def test_available_slots_moving_after_start_is_not_for_the_patient(
    api: Api, appointment: Appointment, sam: User, clock: time_machine.Traveller
) -> None:
    clock.move_to("2026-03-03T09:00:00+01:00")
    assert offered(api, appointment.patient.user, appointment) == []
    for user in (appointment.doctor.user, sam):
        assert offered(api, user, appointment)[0] == slot("09:00", "09:30")


@pytest.mark.parametrize(
    ("sent", "code", "field"),
    [
        ({"time": "09:01"}, BookingErrorCode.OFF_GRID, "time"),
        ({"date": "2026-03-01"}, BookingErrorCode.IN_THE_PAST, "date"),
        ({"date": "2027-03-03"}, BookingErrorCode.BEYOND_HORIZON, "date"),
        ({"date": "2026-03-29", "time": "02:00"}, BookingErrorCode.NONEXISTENT_TIME, "time"),
        ({"date": "2026-10-25", "time": "02:55"}, BookingErrorCode.NONEXISTENT_TIME, "time"),
    ],
)
def test_reschedule_appointment_rejects_invalid_time(
    api: Api, appointment: Appointment, sent: dict[str, str], code: BookingErrorCode, field: str
) -> None:
    answer = change(api, appointment.patient.user, appointment, "RescheduleAppointment", **sent)
    assert answer == operation_info(code, field)
