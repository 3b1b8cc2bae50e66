"""``reschedule()``: by whom, to which times, and that a failure changes nothing."""

import datetime as dt

import pytest
from time_machine import Traveller

from clinic.errors import SlotUnavailable
from clinic.models import Appointment, Doctor, Patient
from tests.support.booking import (
    NINE,
    TEN,
    TUESDAY,
    assert_ticks_are_those_of_live_appointments,
    book_as_doctor,
    book_as_patient,
    cancel,
    complete,
    confirm,
    history_of,
    move,
    outcome_of,
    stored_ticks,
)
from users.models import User

SUNDAY = dt.date(2026, 3, 8)


def place_of(appointment: Appointment) -> tuple[int, str, int, str]:
    appointment = Appointment.objects.get(pk=appointment.pk)
    return (
        appointment.pk,
        f"{appointment.date} {appointment.time:%H:%M}",
        appointment.duration_minutes,
        appointment.status,
    )


def test_reschedule_by_patient_keeps_id_and_duration_and_is_pending(
    ann: Patient, dora: Doctor
) -> None:
    appointment = book_as_patient(ann, dora)
    confirm(dora.user, appointment)
    moved = move(ann.user, appointment)
    assert place_of(moved) == (appointment.pk, "2026-03-03 10:00", 30, "pending")
    assert history_of(appointment) == [
        ("pending", "2026-03-03 09:00", "Ann"),
        ("confirmed", "2026-03-03 09:00", "Dora"),
        ("pending", "2026-03-03 10:00", "Ann"),
    ]
    assert_ticks_are_those_of_live_appointments()


@pytest.mark.parametrize("status", ["pending", "confirmed"])
def test_reschedule_by_doctor_accepts_any_free_time_and_keeps_status(
    ann: Patient, dora: Doctor, status: str
) -> None:
    appointment = book_as_patient(ann, dora)
    if status == "confirmed":
        confirm(dora.user, appointment)
    assert place_of(move(dora.user, appointment, SUNDAY, dt.time(22, 5))) == (
        appointment.pk,
        "2026-03-08 22:05",
        30,
        status,
    )


def test_reschedule_by_staff_is_recorded_in_history(ann: Patient, dora: Doctor, sam: User) -> None:
    appointment = book_as_patient(ann, dora)
    move(sam, appointment, SUNDAY, as_staff=True)
    assert history_of(appointment)[1:] == [("pending", "2026-03-08 10:00", "Sam")]


def test_reschedule_can_overlap_previous_time(ann: Patient, dora: Doctor) -> None:
    book_as_patient(ann, dora)
    appointment = book_as_doctor(dora, ann, TUESDAY, TEN, duration_minutes=60)
    moved = move(dora.user, appointment, TUESDAY, dt.time(9, 30))
    back = move(ann.user, appointment, TUESDAY, TEN)
    assert (moved.pk, place_of(back)) == (
        appointment.pk,
        (appointment.pk, "2026-03-03 10:00", 60, "pending"),
    )
    assert_ticks_are_those_of_live_appointments()


def test_reschedule_by_patient_requires_slot_of_same_duration(ann: Patient, dora: Doctor) -> None:
    book_as_patient(ann, dora)
    appointment = book_as_doctor(dora, ann, SUNDAY, NINE, duration_minutes=45)
    assert [
        outcome_of(move, ann.user, appointment, TUESDAY, dt.time(16, 30)),
        outcome_of(move, ann.user, appointment, TUESDAY, dt.time(9, 30)),
    ] == ["OUTSIDE_AVAILABILITY", "pending"]


def test_reschedule_to_same_time_changes_nothing(ann: Patient, dora: Doctor) -> None:
    appointment = book_as_patient(ann, dora)
    confirm(dora.user, appointment)
    before = Appointment.objects.values().get()
    assert move(ann.user, appointment, TUESDAY, NINE).status == "confirmed"
    assert (Appointment.objects.values().get(), len(history_of(appointment))) == (before, 2)


@pytest.mark.parametrize(
    ("date", "time", "answer"),
    [
        (TUESDAY, dt.time(9, 1), "time: off_grid"),
        (TUESDAY, dt.time(9, 30), "SLOT_TAKEN"),
        (TUESDAY, dt.time(11), "PATIENT_BUSY"),
        (SUNDAY, NINE, "OUTSIDE_AVAILABILITY"),
        (dt.date(2026, 3, 2), dt.time(7), "time: in_the_past"),
        (dt.date(2027, 3, 3), NINE, "date: beyond_horizon"),
        (dt.date(2026, 3, 29), dt.time(2), "time: nonexistent_time"),
        (dt.date(2026, 10, 25), dt.time(1, 45), "time: nonexistent_time"),
    ],
)
def test_reschedule_failure_changes_nothing(
    ann: Patient,
    ben: Patient,
    dora: Doctor,
    emil: Doctor,
    date: dt.date,
    time: dt.time,
    answer: str,
) -> None:
    appointment = book_as_patient(ann, dora)
    book_as_patient(ben, dora, time=dt.time(9, 30))
    book_as_patient(ann, emil, time=dt.time(11))
    before = (list(Appointment.objects.values()), stored_ticks(), history_of(appointment))
    assert outcome_of(move, ann.user, appointment, date, time) == answer
    assert (list(Appointment.objects.values()), stored_ticks(), history_of(appointment)) == before


def test_reschedule_conflict_offers_slots_that_overlap_own_time(
    ann: Patient, ben: Patient, dora: Doctor
) -> None:
    appointment = book_as_patient(ann, dora, time=TEN)
    book_as_patient(ben, dora)
    with pytest.raises(SlotUnavailable) as caught:
        move(ann.user, appointment, TUESDAY, NINE)
    assert [f"{slot.time:%H:%M}" for slot in caught.value.next_available] == [
        "09:30",
        "10:00",
        "10:30",
    ]


def test_reschedule_after_start_is_allowed_to_doctor_only(
    ann: Patient, dora: Doctor, clock: Traveller
) -> None:
    appointment = book_as_patient(ann, dora)
    clock.move_to("2026-03-03T09:00:00+01:00")
    at_the_start = outcome_of(move, ann.user, appointment)
    clock.move_to("2026-03-03T08:59:59.999999+01:00")
    just_before = outcome_of(move, ann.user, appointment, TUESDAY, dt.time(9, 30))
    clock.move_to("2026-03-05T12:00:00+01:00")
    assert [at_the_start, just_before, outcome_of(move, dora.user, appointment, SUNDAY)] == [
        "__all__: invalid_transition",
        "pending",
        "pending",
    ]


def test_reschedule_rejects_completed_and_cancelled_appointment(
    ann: Patient, dora: Doctor, clock: Traveller
) -> None:
    cancelled = book_as_patient(ann, dora)
    cancel(ann.user, cancelled)
    completed = book_as_patient(ann, dora, time=TEN)
    confirm(dora.user, completed)
    clock.move_to("2026-03-03T10:00:00+01:00")
    complete(dora.user, completed)
    assert {
        outcome_of(move, actor, appointment, SUNDAY)
        for actor in (ann.user, dora.user)
        for appointment in (cancelled, completed)
    } == {"__all__: invalid_transition"}


@pytest.mark.parametrize("change", ["unapproved", "inactive"])
def test_reschedule_by_patient_requires_bookable_doctor_and_cancel_does_not(
    ann: Patient, dora: Doctor, change: str
) -> None:
    appointment = book_as_patient(ann, dora)
    dora.approved = change != "unapproved"
    dora.user.is_active = change != "inactive"
    dora.user.save()
    dora.save()
    assert [outcome_of(move, ann.user, appointment), outcome_of(cancel, ann.user, appointment)] == [
        "id: not_found",
        "cancelled",
    ]


def test_reschedule_reports_not_found_for_others_and_unknown_ids(
    ann: Patient, ben: Patient, dora: Doctor, emil: Doctor
) -> None:
    appointment = book_as_patient(ann, dora)
    made_up = Appointment(pk=appointment.pk + 1000)
    assert {
        outcome_of(move, actor, target)
        for actor, target in [
            (ben.user, appointment),
            (emil.user, appointment),
            (ann.user, made_up),
            (dora.user, made_up),
        ]
    } == {"id: not_found"}


def test_reschedule_reports_not_found_without_patient_role(ann: Patient, dora: Doctor) -> None:
    appointment = book_as_patient(ann, dora)
    ann.user.is_patient = False
    ann.user.save()
    assert outcome_of(move, ann.user, appointment) == "id: not_found"


def times_of_days(days: int) -> list[tuple[dt.date, dt.time]]:
    """Return two slots of each of ``days`` days from Wednesday 4 March, on which Dora works."""
    dates = [TUESDAY + dt.timedelta(days=n) for n in range(1, 2 * days)]
    at_work = [date for date in dates if date.weekday() < 5][:days]
    return [(date, time) for date in at_work for time in (NINE, TEN)]


def test_reschedule_by_patient_is_limited_to_ten_moves_within_a_day(
    ann: Patient, dora: Doctor, clock: Traveller
) -> None:
    appointment = book_as_patient(ann, dora)
    *ten, (date, time), another = times_of_days(6)
    for each in ten:
        move(ann.user, appointment, *each)
    assert outcome_of(move, ann.user, appointment, date, time) == "__all__: too_many_moves"
    # The limit binds the patient, not the doctor, whose moves do not count.
    move(dora.user, appointment, date, time)
    clock.shift(dt.timedelta(hours=23))
    assert outcome_of(move, ann.user, appointment, *another) == "__all__: too_many_moves"
    clock.shift(dt.timedelta(hours=2))
    move(ann.user, appointment, *another)


def test_reschedule_to_the_same_time_does_not_count_as_a_move(ann: Patient, dora: Doctor) -> None:
    appointment = book_as_patient(ann, dora)
    *ten, last = times_of_days(6)[:11]
    for each in ten[:-1]:
        move(ann.user, appointment, *each)
        move(ann.user, appointment, *each)
    move(ann.user, appointment, *last)
