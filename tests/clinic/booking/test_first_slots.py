"""The first open slots of each doctor: ``first_slots()``."""

import datetime as dt
from typing import Any

from pytest_django import DjangoAssertNumQueries

from clinic import clock as clinic_clock
from clinic.booking.availability import first_slots
from clinic.booking.criteria import SlotCriteria
from clinic.models import Doctor
from clinic.slots import Slot
from tests.support.booking import NINE, add_time_off
from users.models import User

MONDAY = dt.date(2026, 3, 2)


def test_first_slots_searches_up_to_the_horizon(
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


def test_first_slots_is_empty_without_slot_before_horizon(
    dora: Doctor, anyone: SlotCriteria, settings: Any
) -> None:
    settings.HORIZON_DAYS = 365
    away = dt.datetime.fromisoformat("2028-01-01T00:00:00+01:00")
    add_time_off(dora, starts_at=clinic_clock.now(), ends_at=away)
    assert first_slots([dora], anyone, MONDAY, limit=1) == {dora.pk: []}


def test_first_slots_of_two_hundred_doctors_takes_four_queries(
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
