"""Retries of ``book()`` with the same idempotency key."""

import datetime as dt

import pytest
from time_machine import Traveller

from clinic.booking.requests import BookingRequest
from clinic.models import Appointment, Doctor, Patient
from tests.support.booking import (
    NINE,
    TEN,
    TUESDAY,
    book_as_doctor,
    book_as_patient,
    cancel,
    confirm,
    history_of,
    move,
    outcome_of,
)

KEY = "3f0c2a9e"
REUSED = "idempotency_key: idempotency_key_reused"


def test_book_retry_returns_first_booking_and_writes_nothing(ann: Patient, dora: Doctor) -> None:
    first = book_as_patient(ann, dora, idempotency_key=KEY)
    again = book_as_patient(ann, dora, idempotency_key=KEY)
    assert (again, Appointment.objects.count(), len(history_of(first))) == (first, 1, 1)


def test_book_retry_that_names_the_caller_matches_a_request_that_did_not(
    ann: Patient, dora: Doctor
) -> None:
    first = book_as_patient(ann, dora, idempotency_key=KEY)
    named = book_as_patient(ann, dora, idempotency_key=KEY, patient_id=ann.pk)
    other = book_as_doctor(dora, ann, time=TEN, idempotency_key=KEY, doctor_id=dora.pk)
    again = book_as_doctor(dora, ann, time=TEN, idempotency_key=KEY)
    assert (named, again) == (first, other)


def test_book_retry_returns_current_state_of_appointment(
    ann: Patient, dora: Doctor, clock: Traveller
) -> None:
    first = book_as_patient(ann, dora, idempotency_key=KEY)
    confirm(dora.user, first)
    move(dora.user, first, time=TEN)
    clock.move_to("2026-03-03T12:00:00+01:00")
    again = book_as_patient(ann, dora, idempotency_key=KEY)
    assert (again, again.status, again.time) == (first, "confirmed", TEN)


def test_book_retry_returns_appointment_cancelled_meanwhile(ann: Patient, dora: Doctor) -> None:
    cancel(ann.user, book_as_patient(ann, dora, idempotency_key=KEY))
    assert outcome_of(book_as_patient, ann, dora, idempotency_key=KEY) == "cancelled"


@pytest.mark.parametrize(
    ("date", "time", "reason"),
    [(TUESDAY, TEN, ""), (dt.date(2026, 3, 4), NINE, ""), (TUESDAY, NINE, "A cough")],
)
def test_book_rejects_different_request_with_same_key(
    ann: Patient, dora: Doctor, date: dt.date, time: dt.time, reason: str
) -> None:
    book_as_patient(ann, dora, idempotency_key=KEY)
    more = {"idempotency_key": KEY, "reason_for_visit": reason}
    assert outcome_of(book_as_patient, ann, dora, date, time, **more) == REUSED


def test_idempotency_key_is_scoped_to_caller(ann: Patient, ben: Patient, dora: Doctor) -> None:
    first = book_as_patient(ann, dora, idempotency_key=KEY)
    other = book_as_patient(ben, dora, time=TEN, idempotency_key=KEY)
    assert (other.pk != first.pk, other.time) == (True, TEN)


def test_idempotency_key_of_failed_request_can_be_used_again(ann: Patient, dora: Doctor) -> None:
    failed = outcome_of(book_as_patient, ann, dora, time=dt.time(8), idempotency_key=KEY)
    booked = outcome_of(book_as_patient, ann, dora, time=NINE, idempotency_key=KEY)
    assert (failed, booked) == ("OUTSIDE_AVAILABILITY", "pending")


def test_fingerprint_includes_duration(ann: Patient, dora: Doctor) -> None:
    book_as_patient(ann, dora)
    keyed = {"time": TEN, "idempotency_key": KEY}
    assert [
        outcome_of(book_as_doctor, dora, ann, duration_minutes=minutes, **keyed)
        for minutes in (45, 45, 30, None)
    ] == ["confirmed", "confirmed", REUSED, REUSED]


def test_stored_key_differs_for_every_text(ann: Patient, dora: Doctor) -> None:
    keys = ["Key", "key", "key ", "kéy", "\x00", "\ud800", "k" * 5000]
    times = [dt.time(9 + place) for place in range(len(keys))]
    for _ in ("first", "retry"):
        for key, time in zip(keys, times, strict=True):
            book_as_patient(ann, dora, time=time, idempotency_key=key)
    assert sorted(Appointment.objects.values_list("time", flat=True)) == times


def test_stored_key_is_none_for_blank_key(ann: Patient, dora: Doctor) -> None:
    answers = [
        outcome_of(book_as_patient, ann, dora, time=time, idempotency_key="")
        for time in (NINE, TEN, TEN)
    ]
    assert answers == ["pending", "pending", "SLOT_TAKEN"]


def test_fingerprint_covers_all_fields_but_the_key() -> None:
    request = BookingRequest(date=TUESDAY, time=NINE, doctor_id=1, idempotency_key="a")
    with_other_key = BookingRequest(date=TUESDAY, time=NINE, doctor_id=1, idempotency_key="b")
    others = [
        BookingRequest(date=TUESDAY, time=NINE, patient_id=1),
        BookingRequest(date=TUESDAY, time=NINE, doctor_id=1, duration_minutes=30),
        BookingRequest(date=TUESDAY, time=NINE, doctor_id=1, reason_for_visit="A cough"),
    ]
    assert request.fingerprint == with_other_key.fingerprint
    assert len({request.fingerprint, *(other.fingerprint for other in others)}) == 4
