"""``reassign()``: staff give an appointment to another doctor."""

import datetime as dt
from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from time_machine import Traveller

from clinic.booking import amendments
from clinic.events import AppointmentChanged, AvailabilityChanged, Event, listen
from clinic.models import Appointment, Doctor, Patient
from tests.support.booking import (
    NINE,
    TEN,
    TUESDAY,
    assert_ticks_are_those_of_live_appointments,
    book_as_doctor,
    book_as_patient,
    cancel,
    confirm,
    history_of,
    move,
    outcome_of,
    reassign,
    record_arrival,
    stored_ticks,
)
from tests.support.fixtures.people import become_patient, offer_type
from users.models import User

OnCommit = Callable[..., AbstractContextManager[object]]
WEDNESDAY = TUESDAY + dt.timedelta(days=1)


@pytest.fixture
def appointment(ann: Patient, dora: Doctor) -> Appointment:
    """A confirmed appointment of Ann with Dora on Tuesday at 09:00, with buffers."""
    offer_type(dora, buffer_before_minutes=10, buffer_after_minutes=15, confirmation="automatic")
    return book_as_patient(ann, dora)


def place_of(appointment: Appointment) -> tuple[object, ...]:
    row = Appointment.objects.select_related("doctor__user").get(pk=appointment.pk)
    start = f"{row.date} {row.time:%H:%M}"
    buffers = (row.buffer_before_minutes, row.buffer_after_minutes)
    return row.doctor.user.first_name, start, row.duration_minutes, *buffers, row.status


def test_reassign_keeps_id_time_terms_and_status(
    appointment: Appointment, emil: Doctor, sam: User
) -> None:
    reassigned = reassign(sam, appointment, emil)
    assert (reassigned.pk, place_of(appointment)) == (
        appointment.pk,
        ("Emil", "2026-03-03 09:00", 30, 10, 15, "confirmed"),
    )
    assert history_of(appointment) == [
        ("confirmed", "2026-03-03 09:00", "Ann"),
        ("confirmed", "2026-03-03 09:00", "Sam"),
    ]
    doctors = appointment.history.values_list("doctor__user__first_name", flat=True)
    assert list(doctors) == ["Dora", "Emil"]
    assert_ticks_are_those_of_live_appointments()


def test_reassign_can_change_the_time_as_well(
    appointment: Appointment, emil: Doctor, sam: User
) -> None:
    reassign(sam, appointment, emil, time=TEN)
    reassign(sam, appointment, emil, date=WEDNESDAY)
    assert place_of(appointment) == ("Emil", "2026-03-04 10:00", 30, 10, 15, "confirmed")
    assert_ticks_are_those_of_live_appointments()


def test_reassign_to_the_same_doctor_and_time_changes_nothing(
    appointment: Appointment, dora: Doctor, sam: User
) -> None:
    before = Appointment.objects.values().get()
    reassign(sam, appointment, dora)
    reassign(sam, appointment, dora, date=TUESDAY, time=NINE)
    assert Appointment.objects.values().get() == before
    assert history_of(appointment) == [("confirmed", "2026-03-03 09:00", "Ann")]


def test_reassign_frees_the_time_of_the_former_doctor(
    appointment: Appointment, ben: Patient, dora: Doctor, emil: Doctor, sam: User
) -> None:
    reassign(sam, appointment, emil)
    assert [outcome_of(book_as_patient, ben, doctor) for doctor in (emil, dora)] == [
        "SLOT_TAKEN",
        "confirmed",
    ]


def test_reassigned_appointment_is_changed_by_the_new_doctor_only(
    appointment: Appointment, dora: Doctor, emil: Doctor, sam: User
) -> None:
    reassign(sam, appointment, emil)
    assert [
        outcome_of(move, dora.user, appointment),
        outcome_of(cancel, dora.user, appointment),
        outcome_of(move, emil.user, appointment),
        outcome_of(cancel, emil.user, appointment),
    ] == ["id: not_found", "id: not_found", "confirmed", "cancelled"]


def test_reassign_failure_changes_nothing(
    appointment: Appointment, ben: Patient, emil: Doctor, sam: User
) -> None:
    # Ends at the start of the buffer before 09:30, and overlaps that before 09:00.
    book_as_patient(ben, emil)
    book_as_patient(appointment.patient, emil, time=dt.time(12))
    before = (list(Appointment.objects.values()), stored_ticks(), history_of(appointment))
    assert [
        outcome_of(reassign, sam, appointment, emil),
        outcome_of(reassign, sam, appointment, emil, time=dt.time(9, 35)),
        outcome_of(reassign, sam, appointment, emil, time=dt.time(12)),
        outcome_of(reassign, sam, appointment, emil, date=dt.date(2026, 3, 1)),
        outcome_of(reassign, sam, appointment, emil, time=dt.time(9, 1)),
        outcome_of(reassign, sam, appointment, Doctor(pk=emil.pk + 1000)),
        outcome_of(reassign, sam, Appointment(pk=appointment.pk + 1000), emil),
    ] == [
        "SLOT_TAKEN",
        "SLOT_TAKEN",
        "SLOT_TAKEN",
        "date: in_the_past",
        "time: off_grid",
        "doctor_id: not_found",
        "id: not_found",
    ]
    assert (list(Appointment.objects.values()), stored_ticks(), history_of(appointment)) == before


def test_reassign_reports_a_busy_patient(
    appointment: Appointment, dora: Doctor, emil: Doctor, sam: User
) -> None:
    book_as_doctor(dora, appointment.patient, time=TEN)
    assert outcome_of(reassign, sam, appointment, emil, time=TEN) == "PATIENT_BUSY"


def test_reassign_to_the_patient_is_rejected(
    appointment: Appointment, emil: Doctor, sam: User
) -> None:
    own = book_as_patient(become_patient(emil), appointment.doctor, time=TEN)
    assert outcome_of(reassign, sam, own, emil) == "__all__: own_appointment"


def test_reassign_of_a_closed_appointment_is_rejected(
    appointment: Appointment, emil: Doctor, sam: User
) -> None:
    cancel(sam, appointment, as_staff=True)
    assert outcome_of(reassign, sam, appointment, emil) == "__all__: invalid_transition"


def test_reassign_of_a_started_appointment_needs_a_new_time(
    appointment: Appointment, emil: Doctor, sam: User, clock: Traveller
) -> None:
    clock.move_to("2026-03-03T09:10:00+01:00")
    assert [
        outcome_of(reassign, sam, appointment, emil),
        outcome_of(reassign, sam, appointment, emil, time=TEN),
    ] == ["time: in_the_past", "confirmed"]


def test_reassign_keeps_an_arrival_on_the_same_date_only(
    appointment: Appointment, emil: Doctor, sam: User, clock: Traveller
) -> None:
    clock.move_to("2026-03-03T08:50:00+01:00")
    record_arrival(appointment.doctor.user, appointment)
    reassigned = reassign(sam, appointment, emil)
    kept = reassigned.arrived_at is not None
    assert (kept, reassign(sam, appointment, emil, date=WEDNESDAY).arrived_at) == (True, None)


def test_reassigned_request_waits_for_the_answer_of_the_new_doctor(
    ann: Patient, dora: Doctor, emil: Doctor, sam: User, clock: Traveller
) -> None:
    request = book_as_patient(ann, dora, WEDNESDAY)
    booked = request.pending_since
    clock.shift(dt.timedelta(hours=1))
    same_doctor = reassign(sam, request, dora, time=TEN).pending_since
    other_doctor = reassign(sam, request, emil).pending_since
    assert (same_doctor, other_doctor) == (booked, booked and booked + dt.timedelta(hours=1))
    confirm(emil.user, request)
    assert reassign(sam, request, dora).pending_since is None


def test_reassign_finds_the_type_and_the_appointment_again(
    appointment: Appointment, dora: Doctor, emil: Doctor, sam: User
) -> None:
    """Forth and back: the ids stay, and the former doctor's time is free again."""
    for doctor in (emil, dora, emil, dora):
        reassign(sam, appointment, doctor)
    assert place_of(appointment) == ("Dora", "2026-03-03 09:00", 30, 10, 15, "confirmed")
    assert Appointment.objects.get().appointment_type == appointment.appointment_type
    assert_ticks_are_those_of_live_appointments()


def test_reassign_announces_the_days_of_both_doctors_and_three_people(
    appointment: Appointment,
    dora: Doctor,
    emil: Doctor,
    sam: User,
    django_capture_on_commit_callbacks: OnCommit,
) -> None:
    events: list[Event] = []
    listen(events.extend)
    with django_capture_on_commit_callbacks(execute=True):
        amendments.reassign(
            actor=sam,
            appointment_id=appointment.pk,
            doctor_id=emil.pk,
            date=WEDNESDAY,
            now=dt.datetime(2026, 3, 2, 8, tzinfo=dt.UTC),
        )
    people = sorted([dora.user_id, emil.user_id, appointment.patient.user_id])
    assert events == [
        AppointmentChanged(appointment.pk, tuple(people)),
        *(
            AvailabilityChanged(doctor, day)
            for doctor in sorted([dora.pk, emil.pk])
            for day in (TUESDAY, WEDNESDAY)
        ),
    ]
