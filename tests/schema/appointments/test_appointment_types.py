"""Appointments of a type: booking it, its limits, and the fields that depend on it."""

import datetime as dt

import pytest
from pytest_django import Settings
from time_machine import Traveller

from clinic import clock as clinic_clock
from clinic.booking.date_exceptions import add_closure
from clinic.booking.lapses import lapse_unanswered_requests
from clinic.errors import BookingErrorCode
from clinic.models import Appointment, AppointmentType, Doctor, Patient
from tests.schema.appointments.create_appointment import book, unavailable
from tests.schema.appointments.day_mutations import change
from tests.schema.contract_cases.case import slot
from tests.support.api_client import Api
from tests.support.booking import book_as_doctor, book_as_patient, confirm, write
from tests.support.fixtures.people import offer_type
from tests.support.global_ids import id_of, node_id
from tests.support.graphql_responses import operation_info, root_value

pytestmark = pytest.mark.django_db

NO_TYPE = operation_info(
    BookingErrorCode.NOT_FOUND,
    "appointmentTypeId",
    "The doctor does not offer this appointment type. Choose another one.",
)
TOO_LATE = operation_info(BookingErrorCode.TOO_LATE_TO_CHANGE)
TYPE_OF = """query ($id: ID!) { appointment(id: $id) { appointmentType { name active } } }"""
HISTORY = """query ($id: ID!) { appointment(id: $id) {
    bookedBy { firstName } history { status changedBy { firstName } } } }"""


@pytest.fixture
def vaccination(dora: Doctor) -> AppointmentType:
    """Dora's first type: one a day, confirmed at once, changeable until two hours before."""
    return offer_type(
        dora,
        "Vaccination",
        duration_minutes=20,
        confirmation="automatic",
        cancellation_notice_minutes=120,
        max_per_day=1,
    )


def type_booked(api: Api, appointment: Appointment) -> object:
    sent = {"id": id_of(appointment)}
    return root_value(api(TYPE_OF, sent, user=appointment.patient.user))["appointmentType"]


@pytest.mark.parametrize("sent", [{}, {"appointmentTypeId": None}])
def test_create_appointment_without_type_books_the_first_one_for_patients(
    api: Api, ann: Patient, dora: Doctor, sent: dict[str, None]
) -> None:
    offer_type(dora, "Conference", bookable_by="staff")
    offer_type(dora, "Check-up", duration_minutes=25)
    offer_type(dora, "Vaccination")
    booked = book(api, ann.user, doctorId=id_of(dora), **sent)
    assert (booked["durationMinutes"], booked["status"]) == (25, "PENDING")
    assert type_booked(api, Appointment.objects.get()) == {"name": "Check-up", "active": True}


def test_create_appointment_with_a_type_that_cannot_be_booked_is_not_found(
    api: Api, ann: Patient, dora: Doctor, emil: Doctor
) -> None:
    book_as_patient(ann, dora)
    offer_type(dora)
    not_offered = offer_type(emil)
    inactive = offer_type(dora, "Old")
    write(inactive, active=False)
    staff_only = offer_type(dora, "Conference", bookable_by="staff")
    unknown = [node_id("AppointmentType", key) for key in ("999999", "0", "x", str(2**63))]
    unknown += [id_of(dora), *(id_of(row) for row in (not_offered, inactive))]
    for type_id in (*unknown, id_of(staff_only)):
        sent = {"appointmentTypeId": type_id, "time": "10:00"}
        assert book(api, ann.user, doctorId=id_of(dora), **sent) == NO_TYPE
    for type_id in unknown:
        sent = {"appointmentTypeId": type_id, "time": "10:00"}
        assert book(api, dora.user, patientId=id_of(ann), **sent) == NO_TYPE
    sent = {"appointmentTypeId": id_of(staff_only), "time": "10:00"}
    assert book(api, dora.user, patientId=id_of(ann), **sent)["status"] == "CONFIRMED"


def test_create_appointment_of_a_doctor_with_types_for_staff_only_is_outside_availability(
    api: Api, ann: Patient, dora: Doctor
) -> None:
    offer_type(dora, "Conference", bookable_by="staff")
    assert book(api, ann.user, doctorId=id_of(dora)) == unavailable(
        "OUTSIDE_AVAILABILITY",
        "The doctor does not offer this time. Choose one of the available slots.",
    )


def test_create_appointment_on_a_full_day_is_rejected_for_patients_only(
    api: Api, ann: Patient, ben: Patient, dora: Doctor, vaccination: AppointmentType
) -> None:
    book_as_patient(ann, dora)
    sent = {"appointmentTypeId": id_of(vaccination), "time": "10:00"}
    assert book(api, ben.user, doctorId=id_of(dora), **sent) == unavailable(
        "FULLY_BOOKED",
        "The doctor takes no more appointments of this type on this day. Choose another day.",
        slot("09:00", "09:20", "2026-03-04", 20),
        slot("09:30", "09:50", "2026-03-04", 20),
        slot("10:00", "10:20", "2026-03-04", 20),
    )
    assert book(api, dora.user, patientId=id_of(ann), **sent)["status"] == "CONFIRMED"


def test_create_appointment_on_a_closure_names_it(api: Api, ann: Patient, dora: Doctor) -> None:
    day = dt.date(2026, 3, 3)
    add_closure(name="Staff outing", first_day=day, last_day=day, now=clinic_clock.now())
    assert book(api, ann.user, doctorId=id_of(dora)) == unavailable(
        "OUTSIDE_AVAILABILITY",
        "The clinic is closed on this day: Staff outing. Choose another day.",
        slot("09:00", "09:30", "2026-03-04"),
        slot("09:30", "10:00", "2026-03-04"),
        slot("10:00", "10:30", "2026-03-04"),
    )


def test_create_appointment_within_the_lead_time_of_its_type_is_rejected(
    api: Api, ann: Patient, dora: Doctor
) -> None:
    offer_type(dora, lead_time_minutes=24 * 60 + 5)
    answer = book(api, ann.user, doctorId=id_of(dora), time="08:00")
    assert answer == operation_info(
        BookingErrorCode.LEAD_TIME_TOO_SHORT,
        "time",
        "Please book at least 1 day and 5 minutes in advance.",
    )


def test_appointment_type_is_returned_when_it_is_inactive(
    api: Api, ann: Patient, dora: Doctor, vaccination: AppointmentType
) -> None:
    appointment = book_as_patient(ann, dora)
    write(vaccination, active=False, duration_minutes=60)
    assert type_booked(api, appointment) == {"name": "Vaccination", "active": False}


def test_patient_can_change_an_appointment_until_changeable_until(
    api: Api, ann: Patient, dora: Doctor, vaccination: AppointmentType, clock: Traveller
) -> None:
    appointment = book_as_patient(ann, dora)
    clock.move_to("2026-03-03T07:00:00+01:00")
    in_time = change(
        api, ann.user, appointment, "RescheduleAppointment", date="2026-03-03", time="10:00"
    )
    clock.move_to("2026-03-03T08:00:01+01:00")
    late = [
        change(api, ann.user, appointment, "CancelAppointment"),
        change(
            api, ann.user, appointment, "RescheduleAppointment", date="2026-03-04", time="09:00"
        ),
    ]
    # Its type needs no confirmation.
    assert (in_time["startsAt"], in_time["status"]) == ("2026-03-03T10:00:00+01:00", "CONFIRMED")
    assert late == [TOO_LATE, TOO_LATE]
    by_doctor = change(api, dora.user, appointment, "CancelAppointment", reason="Ill")
    assert by_doctor["status"] == "CANCELLED"


def test_too_late_to_change_has_the_telephone_number_of_the_clinic(
    api: Api,
    ann: Patient,
    dora: Doctor,
    vaccination: AppointmentType,
    clock: Traveller,
    settings: Settings,
) -> None:
    settings.CLINIC_PHONE = "+49 30 123456"
    appointment = book_as_patient(ann, dora)
    clock.move_to("2026-03-03T08:00:01+01:00")
    assert change(api, ann.user, appointment, "CancelAppointment") == operation_info(
        BookingErrorCode.TOO_LATE_TO_CHANGE,
        None,
        "It is too late to cancel or reschedule this appointment online. Please call the clinic at "
        "+49 30 123456.",
    )


def test_history_has_the_type_after_each_change(
    api: Api, ann: Patient, dora: Doctor, vaccination: AppointmentType
) -> None:
    appointment = book_as_patient(ann, dora)
    other = offer_type(dora, "Check-up", duration_minutes=20)
    change(api, dora.user, appointment, "AmendAppointment", appointmentTypeId=id_of(other))
    document = """query ($id: ID!) { appointment(id: $id) { history { status
        appointmentType { name } } } }"""
    answer = api(document, {"id": id_of(appointment)}, user=ann.user)
    assert root_value(answer)["history"] == [
        {"status": "CONFIRMED", "appointmentType": {"name": "Vaccination"}},
        {"status": "CONFIRMED", "appointmentType": {"name": "Check-up"}},
    ]


def test_history_of_a_lapsed_request_has_an_entry_without_author(
    api: Api, ann: Patient, dora: Doctor, clock: Traveller
) -> None:
    appointment = book_as_patient(ann, dora, dt.date(2026, 4, 1))
    clock.move_to("2026-03-06T08:00:00+01:00")
    lapse_unanswered_requests(clinic_clock.now())
    answer = root_value(api(HISTORY, {"id": id_of(appointment)}, user=ann.user))
    assert answer == {
        "bookedBy": {"firstName": "Ann"},
        "history": [
            {"status": "PENDING", "changedBy": {"firstName": "Ann"}},
            {"status": "CANCELLED", "changedBy": None},
        ],
    }


def test_booked_by_is_null_for_an_appointment_of_an_import(
    api: Api, ann: Patient, dora: Doctor
) -> None:
    appointment = confirm(dora.user, book_as_patient(ann, dora))
    by_doctor = book_as_doctor(dora, ann, time=dt.time(11))
    write(appointment, booked_by=None)
    names = [
        root_value(api(HISTORY, {"id": id_of(row)}, user=ann.user))["bookedBy"]
        for row in (appointment, by_doctor)
    ]
    assert names == [None, {"firstName": "Dora"}]
