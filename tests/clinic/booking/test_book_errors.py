"""Errors of ``book()``, and which one is raised if several rules are broken."""

import datetime as dt
from typing import Any

import pytest
from django.db import IntegrityError
from time_machine import Traveller

from clinic.errors import SlotUnavailable
from clinic.models import Appointment, Doctor, Patient
from tests.support.booking import (
    assert_ticks_are_those_of_live_appointments,
    book_as_doctor,
    book_as_patient,
    history_of,
    move,
    outcome_of,
)
from tests.support.db_faults import failing
from tests.support.fixtures.people import become_patient, make_doctor, make_patient
from users.models import User

SUNDAY = dt.date(2026, 3, 8)
SPRING_FORWARD = dt.date(2026, 3, 29)


def test_book_raises_slot_taken_with_next_three_slots_of_patient(
    ann: Patient, ben: Patient, dora: Doctor, emil: Doctor
) -> None:
    book_as_patient(ann, dora)
    book_as_patient(ben, emil, time=dt.time(9, 30))
    with pytest.raises(SlotUnavailable) as caught:
        book_as_patient(ben, dora)
    assert (
        caught.value.code,
        [f"{slot.start} {slot.duration_minutes}" for slot in caught.value.next_available],
    ) == (
        "SLOT_TAKEN",
        ["2026-03-03 10:00:00 30", "2026-03-03 10:30:00 30", "2026-03-03 11:00:00 30"],
    )


def test_book_reports_slot_taken_before_patient_busy(
    ann: Patient, ben: Patient, dora: Doctor, emil: Doctor
) -> None:
    book_as_patient(ann, dora)
    busy = outcome_of(book_as_patient, ann, emil)
    book_as_patient(ben, emil)
    assert (busy, outcome_of(book_as_patient, ann, emil)) == ("PATIENT_BUSY", "SLOT_TAKEN")


def test_book_raises_conflict_when_blocking_appointment_is_gone(ann: Patient, dora: Doctor) -> None:
    taken = IntegrityError("busy_tick_one_appointment")
    with failing("INSERT", "clinic_busytick", taken, times=1):
        answer = outcome_of(book_as_patient, ann, dora)
    assert (answer, Appointment.objects.count()) == ("busy", 0)
    appointment = book_as_patient(ann, dora)
    with failing("INSERT", "clinic_busytick", taken, times=1):
        answer = outcome_of(move, ann.user, appointment)
    assert (answer, history_of(appointment)) == ("busy", [("pending", "2026-03-03 09:00", "Ann")])
    assert_ticks_are_those_of_live_appointments()
    assert outcome_of(move, ann.user, appointment) == "pending"


def test_book_reports_slot_taken_before_outside_availability(ann: Patient, dora: Doctor) -> None:
    book_as_patient(ann, dora)
    book_as_doctor(dora, ann, SUNDAY)
    assert outcome_of(book_as_patient, ann, dora, SUNDAY) == "SLOT_TAKEN"


def test_book_rejects_doctor_with_appointment_as_patient(
    ann: Patient, dora: Doctor, emil: Doctor
) -> None:
    emil_as_patient = become_patient(emil)
    book_as_patient(emil_as_patient, dora)
    assert outcome_of(book_as_patient, ann, emil) == "SLOT_TAKEN"


def test_book_rejects_own_appointment(dora: Doctor) -> None:
    as_patient = become_patient(dora)
    assert [
        outcome_of(book_as_patient, as_patient, dora),
        outcome_of(book_as_doctor, dora, as_patient),
    ] == ["__all__: own_appointment", "__all__: own_appointment"]


def test_book_as_patient_rejects_duration(ann: Patient, dora: Doctor) -> None:
    assert outcome_of(book_as_patient, ann, dora, duration_minutes=30) == (
        "duration_minutes: invalid"
    )


@pytest.mark.parametrize("change", ["unapproved", "inactive", "no longer a doctor"])
def test_book_reports_not_found_for_doctor_who_is_not_bookable(
    ann: Patient, dora: Doctor, change: str
) -> None:
    dora.approved = change != "unapproved"
    dora.user.is_active = change != "inactive"
    dora.user.is_doctor = change != "no longer a doctor"
    dora.user.save()
    dora.save()
    hidden = outcome_of(book_as_patient, ann, dora)
    dora.pk += 1000
    assert [hidden, outcome_of(book_as_patient, ann, dora)] == ["doctor_id: not_found"] * 2


def test_book_as_doctor_reports_not_found_for_other_patients(
    ann: Patient, ben: Patient, dora: Doctor, emil: Doctor
) -> None:
    book_as_patient(ann, emil)
    assert [outcome_of(book_as_doctor, dora, patient) for patient in (ann, ben)] == [
        "patient_id: not_found",
        "patient_id: not_found",
    ]


def test_book_as_doctor_does_not_find_patient_with_cancelled_appointment(
    ann: Patient, dora: Doctor
) -> None:
    appointment = book_as_patient(ann, dora)
    assert outcome_of(book_as_doctor, dora, ann) == "SLOT_TAKEN"
    appointment.status = "cancelled"
    appointment.save()
    assert outcome_of(book_as_doctor, dora, ann) == "patient_id: not_found"


def test_book_requires_role_even_with_profile(ann: Patient, dora: Doctor) -> None:
    book_as_patient(ann, dora)
    for person in (ann, dora):
        person.user.is_patient = person.user.is_doctor = False
        person.user.save()
    assert [outcome_of(book_as_patient, ann, dora), outcome_of(book_as_doctor, dora, ann)] == [
        "role_required",
        "role_required",
    ]


def test_book_requires_profile(ann: Patient, dora: Doctor, olga: User) -> None:
    olga.is_doctor = olga.is_patient = True
    no_patient, no_doctor = Patient(user=olga), Doctor(user=olga)
    assert [
        outcome_of(book_as_patient, no_patient, dora),
        outcome_of(book_as_doctor, no_doctor, ann),
    ] == ["__all__: profile_required", "__all__: profile_required"]


def test_book_rejects_reason_that_cannot_be_stored(ann: Patient, dora: Doctor) -> None:
    assert [
        outcome_of(book_as_patient, ann, dora, reason_for_visit=text)
        for text in ("\x00", "\ud800", "x" * 2001, "line\r\n\tline 🩺", "x" * 2000)
    ] == [
        "reason_for_visit: invalid",
        "reason_for_visit: invalid",
        "reason_for_visit: max_length",
        "pending",
        "SLOT_TAKEN",
    ]


class TestErrorOrder:
    """If two rules are broken, the first in the documented order is reported."""

    def test_book_checks_role_before_profile(self, dora: Doctor, olga: User) -> None:
        assert outcome_of(book_as_patient, Patient(user=olga), dora) == "role_required"

    def test_book_checks_profile_before_not_found(self, dora: Doctor, olga: User) -> None:
        olga.is_patient = True
        dora.pk += 1000
        assert outcome_of(book_as_patient, Patient(user=olga), dora) == "__all__: profile_required"

    def test_book_checks_not_found_before_grid(self, ann: Patient, dora: Doctor) -> None:
        dora.pk += 1000
        assert outcome_of(book_as_patient, ann, dora, time=dt.time(9, 1)) == "doctor_id: not_found"

    def test_book_checks_idempotency_key_before_own_appointment(
        self, ann: Patient, dora: Doctor
    ) -> None:
        ann.user.is_doctor = True
        ann.user.save()
        own = Doctor.objects.create(
            user=ann.user,
            specialty="Surgery",
            phone_number="+4930123456",
            experience_years=1,
            approved=True,
        )
        book_as_patient(ann, dora, idempotency_key="k")
        assert outcome_of(book_as_patient, ann, own, idempotency_key="k") == (
            "idempotency_key: idempotency_key_reused"
        )

    def test_book_checks_own_appointment_before_grid(self, dora: Doctor) -> None:
        own = Patient.objects.create(user=dora.user, date_of_birth=dt.date(1970, 1, 1))
        assert outcome_of(book_as_doctor, dora, own, time=dt.time(9, 1)) == (
            "__all__: own_appointment"
        )

    def test_book_checks_grid_before_past(self, ann: Patient, dora: Doctor) -> None:
        day = dt.date(2026, 3, 1)
        assert outcome_of(book_as_patient, ann, dora, day, dt.time(9, 1)) == "time: off_grid"

    def test_book_checks_nonexistent_time_before_past(
        self, ann: Patient, dora: Doctor, clock: Traveller
    ) -> None:
        clock.move_to("2026-06-01T08:00:00+02:00")
        assert outcome_of(book_as_patient, ann, dora, SPRING_FORWARD, dt.time(2)) == (
            "time: nonexistent_time"
        )

    def test_book_checks_past_before_taken_slot(
        self, ann: Patient, ben: Patient, dora: Doctor, clock: Traveller
    ) -> None:
        book_as_patient(ann, dora)
        clock.move_to("2026-03-03T09:10:00+01:00")
        assert outcome_of(book_as_patient, ben, dora) == "time: in_the_past"

    def test_book_checks_horizon_before_taken_slot(
        self, ann: Patient, ben: Patient, dora: Doctor, settings: Any
    ) -> None:
        book_as_patient(ann, dora)
        settings.HORIZON_DAYS = 0
        assert outcome_of(book_as_patient, ben, dora) == "date: beyond_horizon"


def test_book_does_not_share_slots_between_doctors(ann: Patient, ben: Patient) -> None:
    first, second = make_doctor("Frida"), make_doctor("Gerd")
    assert [
        outcome_of(book_as_patient, ann, first),
        outcome_of(book_as_patient, ben, second),
        outcome_of(book_as_patient, make_patient("Carl"), second),
    ] == ["pending", "pending", "SLOT_TAKEN"]


def test_book_conflict_in_last_calendar_year_does_not_overflow(ann: Patient, dora: Doctor) -> None:
    last = dt.date(9999, 12, 30)
    book_as_patient(ann, dora)
    book_as_doctor(dora, ann, last)
    assert outcome_of(book_as_doctor, dora, ann, last) == "SLOT_TAKEN"
