"""The result `SlotUnavailable` of `createAppointment`: its code and the next available slots."""

import datetime as dt

import pytest

from clinic.models import Appointment, Doctor, Patient
from tests.schema.appointments.create_appointment import book, unavailable
from tests.schema.contract_cases.case import slot
from tests.support.api_client import Api
from tests.support.booking import TEN, book_as_patient
from tests.support.global_ids import id_of

pytestmark = pytest.mark.django_db


def test_create_appointment_for_taken_slot_returns_next_three(
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


def test_create_appointment_rejects_busy_patient(
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


def test_create_appointment_outside_slots_returns_outside_availability(
    api: Api, ann: Patient, dora: Doctor
) -> None:
    assert book(api, ann.user, doctorId=id_of(dora), time="16:45") == unavailable(
        "OUTSIDE_AVAILABILITY",
        "The doctor does not offer this time. Choose one of the available slots.",
        slot("09:00", "09:30", "2026-03-04"),
        slot("09:30", "10:00", "2026-03-04"),
        slot("10:00", "10:30", "2026-03-04"),
    )


def test_create_appointment_by_doctor_does_not_reveal_other_appointment(
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
