"""Attempts to book are counted by outcome, once each, and successes only after the commit."""

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, OperationalError, transaction

from clinic.booking.outcomes import outcome_of
from clinic.errors import (
    BookingErrorCode,
    OutsideWorkingTime,
    RoleRequired,
    SlotUnavailable,
    SlotUnavailableCode,
    booking_error,
)
from clinic.models import Doctor, Patient
from tests.support.booking import book_as_patient
from tests.support.counting import counted
from tests.support.db_faults import failing
from users.common import metrics
from users.common.transactions import TransactionConflict


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (SlotUnavailable(SlotUnavailableCode.FULLY_BOOKED, patient_id=1), "fully_booked"),
        (
            booking_error(BookingErrorCode.TOO_MANY_OPEN_APPOINTMENTS),
            "too_many_open_appointments",
        ),
        (ValidationError("canary", code="max_length"), "invalid"),
        (ValidationError({"date": [ValidationError("canary", code="canary")]}), "invalid"),
        (RoleRequired(), "role_required"),
        (OutsideWorkingTime("canary", [], patient_id=1), "outside_working_time"),
        (TransactionConflict(), "conflict"),
        (OperationalError("canary"), "error"),
    ],
)
def test_outcome_of_is_a_code(error: Exception, outcome: str) -> None:
    assert outcome_of(error) == outcome


@pytest.mark.django_db(transaction=True)
def test_book_is_counted_after_the_commit(ann: Patient, dora: Doctor) -> None:
    with counted(metrics.BOOKINGS) as bookings:
        book_as_patient(ann, dora)
    assert bookings == {("book", "booked"): 1}


@pytest.mark.django_db(transaction=True)
def test_book_is_not_counted_if_it_is_rolled_back(ann: Patient, dora: Doctor) -> None:
    with counted(metrics.BOOKINGS) as bookings, transaction.atomic():
        book_as_patient(ann, dora)
        transaction.set_rollback(True)
    assert bookings == {}


@pytest.mark.django_db(transaction=True)
def test_book_that_is_run_again_is_counted_once(ann: Patient, dora: Doctor) -> None:
    busy = OperationalError(1213, "Deadlock found")
    with (
        counted(metrics.BOOKINGS) as bookings,
        counted(metrics.RETRIES) as retries,
        failing("INSERT", "clinic_busytick", busy, times=2),
    ):
        book_as_patient(ann, dora)
    assert (bookings, retries) == ({("book", "booked"): 1}, {("repeated",): 2})


@pytest.mark.django_db(transaction=True)
def test_book_that_a_constraint_rejects_is_a_lost_race(ann: Patient, dora: Doctor) -> None:
    taken = IntegrityError("busy_tick_one_appointment")
    with (
        counted(metrics.BOOKINGS) as bookings,
        counted(metrics.RACES) as races,
        failing("INSERT", "clinic_busytick", taken, times=1),
        pytest.raises(TransactionConflict),
    ):
        book_as_patient(ann, dora)
    assert (bookings, races) == ({("book", "conflict"): 1}, {("appointment",): 1})
