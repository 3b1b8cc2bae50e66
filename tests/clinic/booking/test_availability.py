"""Which slots are open, and to whom."""

import datetime as dt
from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries
from time_machine import Traveller

from clinic import clock as clinic_clock
from clinic.booking.availability import (
    SlotCriteria,
    busy_people,
    criteria_for_booking,
    criteria_for_rescheduling,
    first_slots,
    open_slots,
    patient_window,
)
from clinic.booking.schedules import Interval, add_time_off, set_working_hours
from clinic.models import Doctor, Patient
from clinic.rules import BookingWindow
from clinic.slots import Slot
from tests.support.booking import NINE, TUESDAY, book_as_doctor, book_as_patient, cancel
from tests.support.fixtures.people import become_patient, make_doctor
from users.models import User

MONDAY = dt.date(2026, 3, 2)
MORNING = [Interval(day, NINE, dt.time(11)) for day in range(7)]


def offered(
    doctor: Doctor, wish: SlotCriteria, start: dt.date = TUESDAY, days: int = 1
) -> list[str]:
    slots = open_slots([doctor], wish, start, days).get(doctor.pk, [])
    return [f"{slot.date:%d} {slot.time:%H:%M}" for slot in slots]


@pytest.fixture
def anyone(clock: Traveller) -> SlotCriteria:
    return SlotCriteria(patient_window(clinic_clock.now()))


@pytest.fixture
def mornings(dora: Doctor) -> Doctor:
    """Dora, at work from 09:00 to 11:00 on every day."""
    return set_working_hours(dora, MORNING)


def test_a_new_doctor_offers_monday_to_friday_nine_to_five(
    dora: Doctor, anyone: SlotCriteria
) -> None:
    slots = open_slots([dora], anyone, TUESDAY, 7)[dora.pk]
    # Not today's Monday, but the next, and neither Saturday nor Sunday.
    expected_days = [3, 4, 5, 6, 9]
    assert slots == [
        Slot(dt.date(2026, 3, day), dt.time(hour, minute), 30)
        for day in expected_days
        for hour in range(9, 17)
        for minute in (0, 30)
    ]


def test_slots_step_from_each_intervals_start_and_a_remainder_is_not_offered(
    dora: Doctor, anyone: SlotCriteria
) -> None:
    day = TUESDAY.weekday()
    set_working_hours(
        dora,
        [
            Interval(day, dt.time(9, 5), dt.time(10)),
            Interval(day, dt.time(22, 45), dt.time(0)),
        ],
    )
    dora.slot_minutes = 25
    dora.save()
    assert offered(dora, anyone) == ["03 09:05", "03 09:30", "03 22:45", "03 23:10", "03 23:35"]


def test_bookings_never_shift_the_grid(
    mornings: Doctor, ann: Patient, anyone: SlotCriteria
) -> None:
    book_as_patient(ann, mornings)
    book_as_doctor(mornings, ann, TUESDAY, dt.time(9, 40), duration_minutes=5)
    assert offered(mornings, anyone) == ["03 10:00", "03 10:30"]


def test_a_cancelled_appointment_opens_its_slot_again(
    mornings: Doctor, ann: Patient, anyone: SlotCriteria
) -> None:
    before = offered(mornings, anyone)
    appointment = book_as_patient(ann, mornings)
    while_booked = offered(mornings, anyone)
    cancel(ann.user, appointment)
    assert (while_booked, offered(mornings, anyone)) == (before[1:], before)


def test_without_hours_there_are_no_slots(dora: Doctor, anyone: SlotCriteria) -> None:
    set_working_hours(dora, [])
    assert open_slots([dora], anyone, TUESDAY, 14) == {}


@pytest.mark.parametrize(
    ("starts_at", "ends_at", "left"),
    [
        ("2026-03-03T09:30:00+01:00", "2026-03-03T10:30:00+01:00", ["03 09:00", "03 10:30"]),
        ("2026-03-03T09:59:59+01:00", "2026-03-03T10:00:01+01:00", ["03 09:00", "03 10:30"]),
        (
            "2026-03-02T12:00:00+01:00",
            "2026-03-03T09:30:00+01:00",
            ["03 09:30", "03 10:00", "03 10:30"],
        ),
        (
            "2026-03-03T10:30:00+01:00",
            "2026-03-20T00:00:00+01:00",
            ["03 09:00", "03 09:30", "03 10:00"],
        ),
        ("2026-01-01T00:00:00+01:00", "2027-01-01T00:00:00+01:00", []),
        (
            "2026-03-03T11:00:00+01:00",
            "2026-03-04T09:00:00+01:00",
            ["03 09:00", "03 09:30", "03 10:00", "03 10:30"],
        ),
    ],
)
def test_time_off_takes_out_every_slot_that_it_touches(
    mornings: Doctor, anyone: SlotCriteria, starts_at: str, ends_at: str, left: list[str]
) -> None:
    start, end = map(dt.datetime.fromisoformat, (starts_at, ends_at))
    add_time_off(mornings, starts_at=start, ends_at=end)
    assert offered(mornings, anyone) == left


def test_a_patient_is_not_offered_the_time_of_their_own_appointments(
    mornings: Doctor, emil: Doctor, ann: Patient, ben: Patient
) -> None:
    book_as_patient(ann, emil, time=dt.time(9, 30))
    now = clinic_clock.now()
    assert [
        offered(mornings, criteria_for_booking(patient.user, now)) for patient in (ann, ben)
    ] == [
        ["03 09:00", "03 10:00", "03 10:30"],
        ["03 09:00", "03 09:30", "03 10:00", "03 10:30"],
    ]


def test_a_appointment_to_be_moved_counts_as_free_and_sets_the_length(
    mornings: Doctor, ann: Patient, ben: Patient
) -> None:
    book_as_patient(ann, mornings)
    appointment = book_as_doctor(mornings, ann, TUESDAY, dt.time(9, 30), duration_minutes=45)
    assert offered(mornings, criteria_for_rescheduling(appointment, clinic_clock.now())) == [
        "03 09:30",
        "03 10:00",
    ]


def test_past_days_and_days_beyond_the_horizon_are_empty(
    mornings: Doctor, settings: Any, clock: Traveller
) -> None:
    settings.HORIZON_DAYS = 1
    clock.move_to("2026-03-02T10:00:00+01:00")
    wish = SlotCriteria(patient_window(clinic_clock.now()))
    assert offered(mornings, wish, dt.date(2026, 2, 27), 14) == [
        "02 10:00",
        "02 10:30",
        "03 09:00",
        "03 09:30",
        "03 10:00",
        "03 10:30",
    ]


def test_lead_time_takes_out_what_starts_too_soon(
    mornings: Doctor, settings: Any, clock: Traveller
) -> None:
    settings.LEAD_TIME_MINUTES = 30
    clock.move_to("2026-03-02T09:30:01+01:00")
    wish = SlotCriteria(patient_window(clinic_clock.now()))
    assert offered(mornings, wish, MONDAY) == ["02 10:30"]


@pytest.mark.parametrize("start", [dt.date.min, dt.date.max, dt.date(9999, 12, 30)])
def test_the_ends_of_the_calendar_are_empty_days(
    mornings: Doctor, anyone: SlotCriteria, start: dt.date
) -> None:
    assert offered(mornings, anyone, start, 92) == []


def test_without_a_horizon_the_last_bookable_day_is_offered(mornings: Doctor) -> None:
    wish = SlotCriteria(BookingWindow(clinic_clock.now()))
    assert offered(mornings, wish, dt.date(9999, 12, 30), 92)[0] == "30 09:00"


@pytest.mark.parametrize(
    ("day", "slots"),
    [
        # 02:00 to 03:00 is skipped: 01:30 ends as it begins, and 03:00 starts as it ends.
        (dt.date(2026, 3, 29), ["29 01:00", "29 01:30", "29 03:00", "29 03:30"]),
        # 02:00 to 03:00 is shown twice, and offered once.
        (
            dt.date(2026, 10, 25),
            ["25 01:00", "25 01:30", "25 02:00", "25 02:30", "25 03:00", "25 03:30"],
        ),
    ],
)
def test_daylight_saving_days_offer_each_time_that_the_clock_shows_once(
    dora: Doctor, anyone: SlotCriteria, day: dt.date, slots: list[str]
) -> None:
    set_working_hours(dora, [Interval(day.weekday(), dt.time(1), dt.time(4))])
    assert offered(dora, anyone, day) == slots


def test_today_is_the_clinics_when_the_server_is_on_another_date(
    mornings: Doctor, settings: Any, clock: Traveller
) -> None:
    settings.HORIZON_DAYS = 0
    clock.move_to("2026-03-02T23:30:00+00:00")
    wish = SlotCriteria(patient_window(clinic_clock.now()))
    assert offered(mornings, wish, MONDAY, 3) == ["03 09:00", "03 09:30", "03 10:00", "03 10:30"]


def test_the_earliest_slots_are_found_however_far_off(
    dora: Doctor, emil: Doctor, anyone: SlotCriteria
) -> None:
    away = dt.datetime.fromisoformat("2026-11-30T00:00:00+01:00")
    add_time_off(dora, starts_at=clinic_clock.now(), ends_at=away)
    assert first_slots([dora, emil], anyone, MONDAY, limit=2) == {
        dora.pk: [
            Slot(dt.date(2026, 11, 30), dt.time(9), 30),
            Slot(dt.date(2026, 11, 30), dt.time(9, 30), 30),
        ],
        emil.pk: [Slot(MONDAY, dt.time(9), 30), Slot(MONDAY, dt.time(9, 30), 30)],
    }


def test_who_has_nothing_open_before_the_horizon_has_no_earliest_slot(
    dora: Doctor, anyone: SlotCriteria, settings: Any
) -> None:
    settings.HORIZON_DAYS = 365
    away = dt.datetime.fromisoformat("2028-01-01T00:00:00+01:00")
    add_time_off(dora, starts_at=clinic_clock.now(), ends_at=away)
    assert first_slots([dora], anyone, MONDAY, limit=1) == {dora.pk: []}


def test_slots_take_three_queries_whatever_the_number_of_days_and_doctors(
    dora: Doctor,
    emil: Doctor,
    ann: Patient,
    anyone: SlotCriteria,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    book_as_patient(ann, dora)
    for days in (1, 92):
        with django_assert_num_queries(3):
            open_slots([dora, emil], anyone, MONDAY, days)


def test_the_earliest_slots_of_two_hundred_doctors_take_four_queries(
    dora: Doctor, anyone: SlotCriteria, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    users = User.objects.bulk_create(
        User(email=f"d{n}@example.org", first_name="D", last_name=str(n), is_doctor=True)
        for n in range(200)
    )
    doctors = Doctor.objects.bulk_create(
        Doctor(user=user, specialty="Surgery", experience_years=1, approved=True) for user in users
    )
    for doctor in doctors:
        doctor.working_hours.create(weekday=3, start_time=NINE, end_time=dt.time(17))
    with django_assert_num_queries(4):
        found = first_slots(Doctor.objects.bookable(), anyone, MONDAY, limit=1)
    assert found == {
        dora.pk: [Slot(MONDAY, NINE, 30)],
        **{doctor.pk: [Slot(dt.date(2026, 3, 5), NINE, 30)] for doctor in doctors},
    }


def test_the_busy_are_those_with_a_appointment_at_some_minute_but_not_the_one_being_moved(
    dora: Doctor, ann: Patient, ben: Patient
) -> None:
    appointment = book_as_patient(ann, dora)
    people = [dora.user_id, ann.user_id, ben.user_id]
    touching, meeting = Slot(TUESDAY, dt.time(9, 30), 30), Slot(TUESDAY, dt.time(8, 50), 15)
    assert [
        busy_people(people, touching),
        busy_people(people, meeting),
        busy_people(people, meeting, moving=appointment.pk),
    ] == [set(), {dora.user_id, ann.user_id}, set()]


def test_a_doctor_is_not_offered_while_being_someones_patient(
    mornings: Doctor, anyone: SlotCriteria
) -> None:
    other = make_doctor("Gerd")
    as_patient = become_patient(mornings)
    book_as_patient(as_patient, other)
    assert offered(mornings, anyone) == ["03 09:30", "03 10:00", "03 10:30"]
