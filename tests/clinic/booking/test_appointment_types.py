"""Booking by appointment type: default type, terms, notice, lead time and the limit a day."""

import datetime as dt
from typing import Any

import pytest
from time_machine import Traveller

from clinic import clock as clinic_clock
from clinic.booking.availability import open_slots
from clinic.booking.catalogue import save_appointment_type, set_appointment_types
from clinic.booking.criteria import criteria_for_booking, criteria_for_rescheduling
from clinic.booking.requests import BookingRequest
from clinic.errors import SlotUnavailable
from clinic.models import Appointment, Doctor, Patient
from tests.support.booking import (
    NINE,
    TEN,
    TUESDAY,
    amend,
    book_as_doctor,
    book_as_patient,
    book_as_staff,
    cancel,
    complete,
    confirm,
    move,
    outcome_of,
    record_no_show,
)
from tests.support.fixtures.people import make_patient, offer_type
from users.models import User

pytestmark = pytest.mark.django_db

WEDNESDAY = TUESDAY + dt.timedelta(days=1)
# The Sunday on which the clock skips the hour from 02:00.
SPRING_FORWARD = dt.date(2026, 3, 29)


def times(
    doctor: Doctor, patient: Patient, type_: int | None = None, day: dt.date = TUESDAY
) -> list[str]:
    """Return start and length of the slots that are shown to a patient."""
    criteria = criteria_for_booking(patient.user, clinic_clock.now(), type_)
    slots = open_slots([doctor], criteria, day, 1).get(doctor.pk, [])
    return [f"{slot.time:%H:%M} {slot.duration_minutes}" for slot in slots]


def terms_of(appointment: Appointment) -> tuple[object, ...]:
    return (
        appointment.appointment_type and appointment.appointment_type.name,
        appointment.duration_minutes,
        appointment.buffer_before_minutes,
        appointment.buffer_after_minutes,
        appointment.cancellation_notice_minutes,
        appointment.status,
    )


def test_default_type_is_the_first_that_patients_can_book(ann: Patient, dora: Doctor) -> None:
    offer_type(dora, "Meeting", duration_minutes=5, bookable_by="staff")
    offer_type(dora, "Old", duration_minutes=10, active=False)
    offer_type(
        dora, "First visit", duration_minutes=45, buffer_before_minutes=5, buffer_after_minutes=10,
        cancellation_notice_minutes=60,
    )  # fmt: skip
    offer_type(dora, "Follow-up", duration_minutes=15, confirmation="automatic")
    assert times(dora, ann)[:2] == ["09:00 45", "09:30 45"]
    booked = book_as_patient(ann, dora)
    assert terms_of(booked) == ("First visit", 45, 5, 10, 60, "pending")


def test_doctor_without_type_for_patients_has_no_slots_for_them(
    ann: Patient, dora: Doctor, sam: User
) -> None:
    meeting = offer_type(dora, "Meeting", bookable_by="staff")
    assert (times(dora, ann), times(dora, ann, meeting.pk)) == ([], [])
    assert outcome_of(book_as_patient, ann, dora) == "OUTSIDE_AVAILABILITY"
    named = outcome_of(book_as_patient, ann, dora, appointment_type_id=meeting.pk)
    assert named == "appointment_type_id: not_found"
    plain = book_as_staff(sam, dora, ann)
    by_type = book_as_staff(sam, dora, ann, time=TEN, appointment_type_id=meeting.pk)
    assert [terms_of(row)[:2] for row in (plain, by_type)] == [(None, 30), ("Meeting", 30)]


@pytest.mark.parametrize("which", ["foreign", "inactive", "unknown"])
def test_book_rejects_a_type_that_the_doctor_does_not_offer(
    ann: Patient, dora: Doctor, emil: Doctor, which: str
) -> None:
    types = {
        "foreign": offer_type(emil).pk,
        "inactive": offer_type(dora, active=False).pk,
        "unknown": 0,
    }
    answer = outcome_of(book_as_patient, ann, dora, appointment_type_id=types[which])
    assert (answer, times(dora, ann, types[which])) == ("appointment_type_id: not_found", [])


def test_appointment_keeps_its_terms_when_its_type_changes(ann: Patient, dora: Doctor) -> None:
    type_ = offer_type(dora, buffer_after_minutes=15, cancellation_notice_minutes=60)
    appointment = book_as_patient(ann, dora)
    save_appointment_type(
        type_.pk, duration_minutes=60, buffer_after_minutes=0, cancellation_notice_minutes=0,
        active=False,
    )  # fmt: skip
    moved = move(ann.user, Appointment.objects.get(pk=appointment.pk), WEDNESDAY, NINE)
    assert terms_of(moved) == ("Check-up", 30, 0, 15, 60, "pending")


def test_doctor_chooses_another_length_and_the_buffers_stay(ann: Patient, dora: Doctor) -> None:
    offer_type(dora, buffer_after_minutes=15)
    book_as_patient(ann, dora)
    booked = book_as_doctor(dora, ann, time=dt.time(14), duration_minutes=50)
    assert terms_of(booked)[1:4] == (50, 0, 15)


def test_automatic_type_is_confirmed_at_once_and_stays_so(ann: Patient, dora: Doctor) -> None:
    offer_type(dora, confirmation="automatic")
    appointment = book_as_patient(ann, dora)
    assert (appointment.status, appointment.pending_since) == ("confirmed", None)
    moved = move(ann.user, appointment)
    assert (moved.status, moved.pending_since) == ("confirmed", None)


def test_lead_time_of_a_type_replaces_that_of_the_clinic(
    ann: Patient, dora: Doctor, settings: Any
) -> None:
    settings.LEAD_TIME_MINUTES = 30
    short = offer_type(dora, "Short notice", lead_time_minutes=0)
    long = offer_type(dora, "Planned", lead_time_minutes=26 * 60)
    today = clinic_clock.today()
    assert times(dora, ann, short.pk, today)[0] == "09:00 30"
    assert (times(dora, ann, long.pk, today), times(dora, ann, long.pk)[0]) == ([], "10:00 30")
    request = BookingRequest(date=TUESDAY, time=NINE, appointment_type_id=long.pk)
    assert request.appointment_type_id == long.pk
    answer = outcome_of(book_as_patient, ann, dora, appointment_type_id=long.pk)
    assert answer == "time: lead_time_too_short"
    book_as_patient(ann, dora, time=TEN, appointment_type_id=long.pk)
    # Doctors are not bound by it.
    booked = book_as_doctor(dora, ann, today, NINE, appointment_type_id=long.pk)
    assert booked.status == "confirmed"


@pytest.mark.parametrize(
    ("now", "outcome"),
    [
        ("2026-03-02T09:00:00+01:00", "cancelled"),
        ("2026-03-02T09:00:01+01:00", "__all__: too_late_to_change"),
        ("2026-03-03T09:00:00+01:00", "__all__: invalid_transition"),
    ],
)
def test_cancellation_notice_binds_patients_only(
    ann: Patient, dora: Doctor, sam: User, clock: Traveller, now: str, outcome: str
) -> None:
    offer_type(dora, cancellation_notice_minutes=24 * 60)
    appointment = book_as_patient(ann, dora)
    confirm(dora.user, appointment)
    clock.move_to(now)
    moved = outcome_of(move, ann.user, appointment, WEDNESDAY, NINE)
    if outcome != "cancelled":
        assert moved == outcome
        assert outcome_of(move, dora.user, appointment, WEDNESDAY, TEN) == "confirmed"
        assert outcome_of(cancel, sam, appointment, as_staff=True) == "cancelled"
    else:
        assert outcome_of(cancel, ann.user, appointment) == "cancelled"


def test_cancellation_notice_is_elapsed_time_across_a_clock_change(
    ann: Patient, dora: Doctor, sam: User
) -> None:
    offer_type(dora, cancellation_notice_minutes=24 * 60)
    appointment = book_as_staff(sam, dora, ann, SPRING_FORWARD, NINE)
    assert appointment.changeable_until.isoformat() == "2026-03-28T08:00:00+01:00"


def test_limit_a_day_closes_the_day_for_patients(
    ann: Patient, ben: Patient, dora: Doctor, sam: User
) -> None:
    offer_type(dora, "Other")
    limited = offer_type(dora, "Vaccination", max_per_day=2)
    first = book_as_patient(ann, dora, appointment_type_id=limited.pk)
    book_as_staff(sam, dora, ben, time=dt.time(16), appointment_type_id=limited.pk)
    eva = make_patient("Eva")
    answer = outcome_of(book_as_patient, eva, dora, time=TEN, appointment_type_id=limited.pk)
    assert (answer, times(dora, eva, limited.pk)) == ("FULLY_BOOKED", [])
    # Another type, another day, a doctor and staff.
    assert outcome_of(book_as_patient, eva, dora, time=TEN) == "pending"
    assert times(dora, eva, limited.pk, WEDNESDAY)[0] == "09:00 30"
    more = {"appointment_type_id": limited.pk}
    assert outcome_of(book_as_doctor, dora, ann, time=dt.time(12), **more) == "confirmed"
    assert outcome_of(book_as_staff, sam, dora, ben, time=dt.time(13), **more) == "confirmed"
    # Its own place does not count for the appointment that moves.
    criteria = criteria_for_rescheduling(first, clinic_clock.now())
    assert open_slots([dora], criteria, TUESDAY, 1)[dora.pk] == []
    for row in Appointment.objects.filter(time__in=(dt.time(12), dt.time(13))):
        cancel(sam, row, as_staff=True)
    assert outcome_of(move, ann.user, first, TUESDAY, dt.time(14)) == "pending"


def test_limit_a_day_reports_alternatives_on_another_day(
    ann: Patient, ben: Patient, dora: Doctor
) -> None:
    offer_type(dora, max_per_day=1)
    book_as_patient(ann, dora)
    with pytest.raises(SlotUnavailable) as caught:
        book_as_patient(ben, dora, time=TEN)
    assert (caught.value.code, [str(slot.start) for slot in caught.value.next_available]) == (
        "FULLY_BOOKED",
        ["2026-03-04 09:00:00", "2026-03-04 09:30:00", "2026-03-04 10:00:00"],
    )


def test_limit_a_day_counts_all_but_cancelled_ones(
    ann: Patient, ben: Patient, dora: Doctor, sam: User, clock: Traveller
) -> None:
    offer_type(dora, max_per_day=2, confirmation="automatic")
    done, missed = book_as_patient(ann, dora), book_as_patient(ben, dora, time=TEN)
    clock.move_to("2026-03-03T10:30:00+01:00")
    complete(dora.user, done)
    record_no_show(dora.user, missed)
    eva = make_patient("Eva")
    assert outcome_of(book_as_patient, eva, dora, time=dt.time(15)) == "FULLY_BOOKED"
    late = book_as_staff(sam, dora, eva, time=dt.time(16))
    cancel(sam, late, as_staff=True)
    assert outcome_of(book_as_patient, eva, dora, time=dt.time(15)) == "FULLY_BOOKED"


def test_taken_slot_and_busy_patient_are_reported_before_the_limit(
    ann: Patient, ben: Patient, dora: Doctor, emil: Doctor
) -> None:
    offer_type(dora, max_per_day=1)
    book_as_patient(ann, dora)
    book_as_patient(ben, emil, time=TEN)
    assert [
        outcome_of(book_as_patient, ben, dora),
        outcome_of(book_as_patient, ben, dora, time=TEN),
        outcome_of(book_as_patient, ben, dora, time=dt.time(11)),
        outcome_of(book_as_patient, ben, dora, time=dt.time(20)),
    ] == ["SLOT_TAKEN", "PATIENT_BUSY", "FULLY_BOOKED", "FULLY_BOOKED"]


def test_retry_of_a_booking_returns_it_when_the_day_is_full(ann: Patient, dora: Doctor) -> None:
    type_ = offer_type(dora, max_per_day=1)
    booked = book_as_patient(ann, dora, idempotency_key="one")
    save_appointment_type(type_.pk, active=False)
    set_appointment_types(dora, [])
    assert book_as_patient(ann, dora, idempotency_key="one") == booked


def test_fingerprint_without_later_fields_is_that_of_the_first_release() -> None:
    request = BookingRequest(date=TUESDAY, time=NINE, doctor_id=1)
    # As ``asdict()`` of the class was hashed before appointment types existed.
    assert request.fingerprint == "3adfe1cedafb2fe901ae343266b37992fc572c8a192a81385f28de02cc1acd84"
    with_type = BookingRequest(date=TUESDAY, time=NINE, doctor_id=1, appointment_type_id=1)
    assert with_type.fingerprint != request.fingerprint


def test_amendment_to_a_limited_type_does_not_bind_the_doctor(
    ann: Patient, ben: Patient, dora: Doctor
) -> None:
    offer_type(dora, "Other")
    limited = offer_type(dora, "Vaccination", max_per_day=1)
    book_as_patient(ann, dora, appointment_type_id=limited.pk)
    other = book_as_patient(ben, dora, time=TEN)
    amended = amend(dora.user, other, appointment_type_id=limited.pk)
    assert amended.appointment_type == limited
