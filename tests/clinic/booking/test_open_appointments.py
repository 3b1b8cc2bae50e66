"""``MAX_OPEN_APPOINTMENTS``: how many appointments patients can have booked online."""

import datetime as dt

import pytest
import time_machine
from pytest_django import Settings

from clinic.models import Appointment, Doctor, Patient
from tests.support.api_client import Api
from tests.support.booking import (
    TUESDAY,
    book_as_doctor,
    book_as_patient,
    book_as_staff,
    cancel,
    move,
    outcome_of,
)
from tests.support.fixtures.people import make_patient
from users.models import User

pytestmark = pytest.mark.django_db

FULL = "__all__: too_many_open_appointments"


@pytest.fixture(autouse=True)
def _limit(settings: Settings) -> None:
    settings.MAX_OPEN_APPOINTMENTS = 2


def book_on(patient: Patient, doctor: Doctor, day: int) -> str:
    return outcome_of(book_as_patient, patient, doctor, TUESDAY + dt.timedelta(days=day))


def test_patient_books_as_many_as_the_limit(ann: Patient, ben: Patient, dora: Doctor) -> None:
    assert [book_on(ann, dora, day) for day in range(3)] == ["pending", "pending", FULL]
    assert outcome_of(book_as_patient, ben, dora, time=dt.time(10)) == "pending"


def test_cancelled_and_past_appointments_do_not_count(
    ann: Patient, dora: Doctor, clock: time_machine.Traveller
) -> None:
    first = book_as_patient(ann, dora)
    assert [book_on(ann, dora, day) for day in (1, 2)] == ["pending", FULL]
    cancel(ann.user, first)
    assert [book_on(ann, dora, day) for day in (2, 3)] == ["pending", FULL]
    clock.shift(dt.timedelta(days=2, hours=2))  # Wednesday, after the start of one of them
    assert [book_on(ann, dora, day) for day in (3, 6)] == ["pending", FULL]


def test_appointments_booked_by_doctors_and_staff_neither_count_nor_are_limited(
    ann: Patient, dora: Doctor, sam: User
) -> None:
    book_as_staff(sam, dora, ann)
    for day in range(1, 4):
        book_as_doctor(dora, ann, TUESDAY + dt.timedelta(days=day))
    assert [book_on(ann, dora, day) for day in (6, 7, 8)] == ["pending", "pending", FULL]
    assert book_as_staff(sam, dora, ann, time=dt.time(12)).status == "confirmed"


def test_patient_with_the_most_appointments_can_move_one(ann: Patient, dora: Doctor) -> None:
    first, _second = book_as_patient(ann, dora), book_on(ann, dora, 1)
    assert move(ann.user, first, time=dt.time(11)).status == "pending"


def test_retry_of_the_last_request_returns_its_appointment(ann: Patient, dora: Doctor) -> None:
    book_on(ann, dora, 1)
    first = book_as_patient(ann, dora, idempotency_key="k")
    assert book_as_patient(ann, dora, idempotency_key="k") == first


def test_limit_is_reported_after_the_window_and_before_the_slot(ann: Patient, dora: Doctor) -> None:
    for day in (0, 1):
        book_on(ann, dora, day)
    assert outcome_of(book_as_patient, ann, dora, dt.date(2026, 3, 1)) == "date: in_the_past"
    assert outcome_of(book_as_patient, ann, dora) == FULL  # otherwise SLOT_TAKEN


def test_account_books_three_times_as_many_for_all_its_patients(
    ann: Patient, dora: Doctor, settings: Settings
) -> None:
    """Of a guardian. The appointments of others are stored as its bookings would store them."""
    settings.MAX_OPEN_APPOINTMENTS = 1
    children = [make_patient(name) for name in ("Cem", "Dan", "Ela")]
    for hour, child in enumerate(children, start=9):
        appointment = book_as_patient(child, dora, time=dt.time(hour))
        Appointment.objects.filter(pk=appointment.pk).update(booked_by=ann.user)
    assert book_on(ann, dora, 1) == FULL
    Appointment.objects.filter(patient=children[0]).delete()
    assert book_on(ann, dora, 1) == "pending"


def test_zero_sets_no_limit(ann: Patient, dora: Doctor, api: Api, settings: Settings) -> None:
    limits = []
    for value in (0, 7):
        settings.MAX_OPEN_APPOINTMENTS = value
        limits.append(api("{ clinic { maxOpenAppointments } }")["data"]["clinic"])
    assert limits == [{"maxOpenAppointments": None}, {"maxOpenAppointments": 7}]
    settings.MAX_OPEN_APPOINTMENTS = 0
    assert [book_on(ann, dora, day) for day in range(4)] == ["pending"] * 4
