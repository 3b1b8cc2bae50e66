"""The open slots are exactly the times that can be booked, in randomly generated clinics."""

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings

from clinic.booking.availability import free_slots, open_slots
from clinic.booking.criteria import criteria_for_booking, criteria_for_rescheduling
from clinic.booking.requests import BookingRequest
from clinic.booking.services import book
from clinic.models import Doctor, Patient
from clinic.slots import Slot, minute_of_day, time_of
from tests.clinic.booking.random_clinics import Clinic, Created, clinics, created, rolled_back
from tests.clinic.booking.reference_people import ModelAppointment, ModelTerms
from tests.support.booking import outcome_of
from tests.support.scale import HYPOTHESIS, SCALE

MINUTES = range(0, 24 * 60, 5)
NOBODY = 0


def starts(slots: list[Slot]) -> list[int]:
    """Return the starts in minutes since midnight."""
    return [minute_of_day(slot.time) for slot in slots]


def accepted(expected: dict[int, str]) -> list[int]:
    return [minute for minute, answer in expected.items() if answer in {"pending", "confirmed"}]


def expected_bookings(clinic: Clinic, made: Created, patient: int) -> dict[int, str]:
    """Return the expected result of booking as the patient, by minute since midnight."""
    now = clinic.now.astimezone(dt.UTC)
    terms = made.model.terms_for(made.doctor, made.type, for_patient=True)
    if isinstance(terms, str):
        return dict.fromkeys(MINUTES, terms)
    automatic = terms.type is not None and terms.type.confirmation == "automatic"
    status = "confirmed" if automatic else "pending"
    where = (made.doctor, patient, clinic.day)
    return {
        minute: made.model.booking_error(*where, minute, terms, now, for_patient=True) or status
        for minute in MINUTES
    }


def expected_moves(clinic: Clinic, made: Created, appointment: ModelAppointment) -> dict[int, str]:
    """Return the expected result of moving the appointment as its patient, by minute."""
    now = clinic.now.astimezone(dt.UTC)
    where = (appointment.doctor, appointment.patient, clinic.day)
    return {
        minute: made.model.booking_error(
            *where, minute, appointment.terms, now, for_patient=True, moving=appointment
        )
        or "pending"
        for minute in MINUTES
    }


def elapsed_minutes(slot: Slot, zone: ZoneInfo) -> float:
    """Return the minutes that pass between the wall-clock times of start and end."""
    start, last_minute = (
        (slot.start + dt.timedelta(minutes=minutes)).replace(tzinfo=zone).astimezone(dt.UTC)
        for minutes in (0, slot.duration_minutes - 1)
    )
    # In UTC: a time that occurs twice equals no time of another zone (PEP 495).
    ends_at = slot.ends_at(zone).astimezone(dt.UTC)
    assert ends_at == last_minute + dt.timedelta(minutes=1)
    return (ends_at - start).total_seconds() / 60


@pytest.mark.django_db
def test_open_slots_agree_with_reference_model(
    dora: Doctor, emil: Doctor, ann: Patient, ben: Patient
) -> None:
    @settings(HYPOTHESIS, max_examples=SCALE.clinics)
    @given(clinic=clinics())
    def check(clinic: Clinic) -> None:
        with created(clinic, dora, emil, ann, ben) as made:
            criteria = criteria_for_booking(ann.user, clinic.now, made.named)
            slots = open_slots([dora], criteria, clinic.day, 1).get(dora.pk, [])
            expected = expected_bookings(clinic, made, ann.user_id)
            assert starts(slots) == accepted(expected)
            terms = made.model.terms_for(made.doctor, made.type, for_patient=True)
            lengths = {terms.length} if isinstance(terms, ModelTerms) else set()
            assert {slot.duration_minutes for slot in slots} <= lengths
            assert {elapsed_minutes(slot, clinic.zone) for slot in slots} <= lengths
            for row, appointment in made.appointments:
                if row.doctor == dora:
                    criteria = criteria_for_rescheduling(row, clinic.now)
                    slots = open_slots([dora], criteria, clinic.day, 1).get(dora.pk, [])
                    assert starts(slots) == accepted(expected_moves(clinic, made, appointment))

    check()


@pytest.mark.django_db
def test_free_slots_of_staff_agree_with_reference_model(
    dora: Doctor, emil: Doctor, ann: Patient, ben: Patient
) -> None:
    @settings(HYPOTHESIS, max_examples=SCALE.clinics)
    @given(clinic=clinics())
    def check(clinic: Clinic) -> None:
        with created(clinic, dora, emil, ann, ben) as made:
            slots = free_slots(dora, clinic.day, clinic.now, made.named)
            model, now = made.model, clinic.now.astimezone(dt.UTC)
            terms = model.terms_for(made.doctor, made.type, for_patient=False)
            assert starts(slots) == [
                minute
                for minute in MINUTES
                if isinstance(terms, ModelTerms)
                and model.offers(made.doctor, clinic.day, minute, terms)
                and not model.booking_error(
                    made.doctor, NOBODY, clinic.day, minute, terms, now, for_patient=False
                )
            ]

    check()


@pytest.mark.django_db
def test_book_accepts_exactly_the_open_slots(
    dora: Doctor, emil: Doctor, ann: Patient, ben: Patient
) -> None:
    @settings(HYPOTHESIS, max_examples=SCALE.exhaustive_clinics)
    @given(clinic=clinics())
    def check(clinic: Clinic) -> None:
        with created(clinic, dora, emil, ann, ben) as made:
            expected = expected_bookings(clinic, made, ann.user_id)
            assert {
                minute: booking_outcome(clinic, made, dora, ann, minute) for minute in MINUTES
            } == expected

    check()


def booking_outcome(
    clinic: Clinic, made: Created, doctor: Doctor, patient: Patient, minute: int
) -> str:
    request = BookingRequest(
        date=clinic.day,
        time=time_of(minute),
        doctor_id=doctor.pk,
        appointment_type_id=made.named,
    )
    with rolled_back():
        return outcome_of(book, actor=patient.user, request=request, now=clinic.now)
