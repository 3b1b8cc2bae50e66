"""``amend()``: what doctors and staff change of an appointment without moving it."""

import datetime as dt
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest
from time_machine import Traveller

from clinic import clock as clinic_clock
from clinic.booking.date_exceptions import add_closure
from clinic.booking.requests import UNKNOWN_ID
from clinic.errors import SlotUnavailable
from clinic.events import AvailabilityChanged, Event, listen
from clinic.models import Appointment, AppointmentType, Doctor, Patient
from tests.support.booking import (
    NINE,
    TEN,
    TUESDAY,
    amend,
    assert_ticks_are_those_of_live_appointments,
    book_as_patient,
    book_as_staff,
    confirm,
    history_of,
    move,
    outcome_of,
    stored_ticks,
)
from tests.support.fixtures.people import offer_type
from users.models import User

OnCommit = Callable[..., AbstractContextManager[object]]
HALF_PAST_NINE = "2026-03-03T09:30:00+01:00"


@pytest.fixture
def appointment(ann: Patient, dora: Doctor) -> Appointment:
    """A pending appointment of Ann with Dora on Tuesday at 09:00, 30 minutes long."""
    return book_as_patient(ann, dora)


def terms_of(appointment: Appointment) -> tuple[Any, ...]:
    """Return type, length, buffers, notice and reason as stored."""
    names = ("appointment_type", "duration_minutes", "buffer_before_minutes")
    more = ("buffer_after_minutes", "cancellation_notice_minutes", "reason_for_visit")
    stored: tuple[Any, ...] = Appointment.objects.values_list(*names, *more).get(pk=appointment.pk)
    return stored


@pytest.mark.parametrize("who", ["doctor", "staff"])
@pytest.mark.parametrize("minutes", [5, 25, 60])
def test_amend_changes_the_length_and_keeps_start_and_status(
    appointment: Appointment, sam: User, who: str, minutes: int
) -> None:
    actor = sam if who == "staff" else appointment.doctor.user
    confirm(appointment.doctor.user, appointment)
    amend(actor, appointment, as_staff=who == "staff", duration_minutes=minutes)
    stored = Appointment.objects.get()
    assert (stored.pk, stored.date, stored.time, stored.duration_minutes, stored.status) == (
        appointment.pk,
        TUESDAY,
        NINE,
        minutes,
        "confirmed",
    )
    assert [entry.duration_minutes for entry in appointment.history.all()] == [30, 30, minutes]
    assert_ticks_are_those_of_live_appointments()


def test_amend_to_another_type_brings_its_length_buffers_and_notice(
    appointment: Appointment, dora: Doctor
) -> None:
    kind = offer_type(
        dora,
        duration_minutes=45,
        buffer_before_minutes=10,
        buffer_after_minutes=15,
        cancellation_notice_minutes=60,
        bookable_by="staff",
    )
    amend(dora.user, appointment, appointment_type_id=kind.pk)
    assert terms_of(appointment) == (kind.pk, 45, 10, 15, 60, "")
    assert_ticks_are_those_of_live_appointments()


def test_amend_to_another_type_with_a_length_keeps_that_length(
    appointment: Appointment, dora: Doctor
) -> None:
    kind = offer_type(dora, duration_minutes=45, buffer_after_minutes=15)
    amend(dora.user, appointment, appointment_type_id=kind.pk, duration_minutes=20)
    assert terms_of(appointment) == (kind.pk, 20, 0, 15, 0, "")


def test_amend_to_the_same_type_keeps_the_terms_of_the_booking(ann: Patient, dora: Doctor) -> None:
    kind = offer_type(dora, buffer_after_minutes=15)
    appointment = book_as_patient(ann, dora)
    AppointmentType.objects.update(duration_minutes=60, buffer_after_minutes=0)
    amend(dora.user, appointment, appointment_type_id=kind.pk, reason_for_visit="A cough")
    assert terms_of(appointment) == (kind.pk, 30, 0, 15, 0, "A cough")


def test_amend_adds_the_type_to_entries_without_one_of_an_appointment_that_had_one(
    ann: Patient, dora: Doctor
) -> None:
    first, second = offer_type(dora, "First"), offer_type(dora, "Second")
    appointment = book_as_patient(ann, dora)
    appointment.history.update(appointment_type=None)
    amend(dora.user, appointment, appointment_type_id=second.pk)
    types = appointment.history.values_list("appointment_type", flat=True)
    assert list(types) == [first.pk, second.pk]


def test_amend_adds_no_type_to_entries_of_the_time_without_one(
    appointment: Appointment, dora: Doctor
) -> None:
    first, second = offer_type(dora, "First"), offer_type(dora, "Second")
    for kind in (first, second):
        amend(dora.user, appointment, appointment_type_id=kind.pk)
    types = appointment.history.values_list("appointment_type", flat=True)
    assert list(types) == [None, first.pk, second.pk]


def test_amend_without_a_change_writes_nothing(appointment: Appointment, dora: Doctor) -> None:
    before = (Appointment.objects.values().get(), stored_ticks())
    for changes in ({}, {"duration_minutes": 30}, {"reason_for_visit": ""}):
        amend(dora.user, appointment, **changes)
    assert (Appointment.objects.values().get(), stored_ticks()) == before
    assert history_of(appointment) == [("pending", "2026-03-03 09:00", "Ann")]


def test_amend_by_patient_requires_another_role(appointment: Appointment) -> None:
    assert outcome_of(amend, appointment.patient.user, appointment) == "role_required"


@pytest.mark.parametrize(
    ("changes", "answer"),
    [
        ({"duration_minutes": 0}, "duration_minutes: invalid"),
        ({"duration_minutes": 7}, "duration_minutes: off_grid"),
        ({"duration_minutes": 485}, "duration_minutes: invalid"),
        ({"reason_for_visit": "x" * 2001}, "reason_for_visit: max_length"),
        ({"reason_for_visit": "\x00"}, "reason_for_visit: invalid"),
        ({"appointment_type_id": UNKNOWN_ID}, "appointment_type_id: not_found"),
        ({"duration_minutes": 65}, "SLOT_TAKEN"),
        ({"duration_minutes": 35}, "PATIENT_BUSY"),
    ],
)
def test_amend_failure_changes_nothing(
    appointment: Appointment,
    dora: Doctor,
    ben: Patient,
    emil: Doctor,
    changes: dict[str, Any],
    answer: str,
) -> None:
    book_as_patient(ben, dora, time=TEN)
    book_as_patient(appointment.patient, emil, time=dt.time(9, 30))
    before = (list(Appointment.objects.values()), stored_ticks(), history_of(appointment))
    assert outcome_of(amend, dora.user, appointment, **changes) == answer
    assert (list(Appointment.objects.values()), stored_ticks(), history_of(appointment)) == before


@pytest.mark.parametrize("change", ["inactive", "not offered"])
def test_amend_rejects_a_type_that_cannot_be_booked(
    appointment: Appointment, dora: Doctor, emil: Doctor, change: str
) -> None:
    kind = offer_type(emil if change == "not offered" else dora, active=change != "inactive")
    answer = outcome_of(amend, dora.user, appointment, appointment_type_id=kind.pk)
    assert answer == "appointment_type_id: not_found"


def test_amend_lengthens_an_appointment_that_has_started(
    appointment: Appointment, dora: Doctor, clock: Traveller
) -> None:
    clock.move_to(HALF_PAST_NINE)
    assert outcome_of(amend, dora.user, appointment, duration_minutes=60) == "pending"
    assert_ticks_are_those_of_live_appointments()


def test_amend_of_a_started_appointment_offers_no_slots_in_the_past(
    appointment: Appointment, ben: Patient, dora: Doctor, clock: Traveller
) -> None:
    book_as_patient(ben, dora, time=TEN)
    clock.move_to("2026-03-03T11:10:00+01:00")
    with pytest.raises(SlotUnavailable) as caught:
        amend(dora.user, appointment, duration_minutes=65)
    assert (caught.value.code, [f"{slot.start}" for slot in caught.value.next_available]) == (
        "SLOT_TAKEN",
        ["2026-03-03 11:30:00", "2026-03-03 12:00:00", "2026-03-03 12:30:00"],
    )


def test_amend_with_buffers_reports_the_doctor_as_busy(
    appointment: Appointment, ben: Patient, dora: Doctor
) -> None:
    book_as_patient(ben, dora, time=dt.time(9, 30))
    kind = offer_type(dora, buffer_after_minutes=5)
    answer = outcome_of(amend, dora.user, appointment, appointment_type_id=kind.pk)
    assert answer == "SLOT_TAKEN"


def test_amend_records_a_time_outside_the_working_time(
    ann: Patient, dora: Doctor, sam: User
) -> None:
    appointment = book_as_staff(sam, dora, ann, time=dt.time(16, 30))
    amend(dora.user, appointment, duration_minutes=60)
    amend(dora.user, appointment, reason_for_visit="A cough")
    marks = appointment.history.values_list("outside_availability", flat=True)
    assert list(marks) == [False, True, False]


def test_amend_inside_a_closure_keeps_the_appointment(
    appointment: Appointment, dora: Doctor
) -> None:
    now = clinic_clock.now()
    add_closure(name="Renovation", first_day=TUESDAY, last_day=TUESDAY, now=now)
    assert outcome_of(amend, dora.user, appointment, duration_minutes=45) == "pending"


def test_amend_with_a_buffer_across_midnight_announces_both_days(
    ann: Patient, dora: Doctor, sam: User, django_capture_on_commit_callbacks: OnCommit
) -> None:
    appointment = book_as_staff(sam, dora, ann, time=dt.time(23))
    kind = offer_type(dora, duration_minutes=60, buffer_after_minutes=5)
    events: list[Event] = []
    listen(events.extend)
    with django_capture_on_commit_callbacks(execute=True):
        amend(sam, appointment, as_staff=True, appointment_type_id=kind.pk)
    days = [event.date for event in events if isinstance(event, AvailabilityChanged)]
    assert days == [TUESDAY, TUESDAY + dt.timedelta(days=1)]


def test_amended_length_is_kept_when_the_patient_moves_it(
    appointment: Appointment, dora: Doctor
) -> None:
    amend(dora.user, appointment, duration_minutes=60)
    moved = move(appointment.patient.user, appointment, time=dt.time(15))
    assert moved.duration_minutes == 60
    assert outcome_of(move, moved.patient.user, moved, time=dt.time(16, 30)) == (
        "OUTSIDE_AVAILABILITY"
    )
