"""The doctors who have time first: ``earliest_slots()``."""

import datetime as dt
import random
from dataclasses import replace

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoAssertNumQueries
from time_machine import Traveller

from clinic import clock as clinic_clock
from clinic.booking.availability import first_slots
from clinic.booking.catalogue import set_appointment_types
from clinic.booking.criteria import SlotCriteria, patient_window
from clinic.booking.earliest import FIRST_DOCTORS, earliest_slots
from clinic.models import Appointment, Doctor, Patient
from clinic.slots import Slot
from tests.support.booking import NINE, TUESDAY, add_time_off, book_as_patient
from tests.support.fixtures.people import make_doctor, offer_type
from users.models import User

MONDAY = dt.date(2026, 3, 2)
THURSDAY = dt.date(2026, 3, 5)


def make_doctors(count: int) -> list[Doctor]:
    """Add doctors without hours, with slots of different lengths."""
    users = User.objects.bulk_create(
        User(email=f"d{n}@example.org", first_name="D", last_name=str(n), is_doctor=True)
        for n in range(count)
    )
    return Doctor.objects.bulk_create(
        Doctor(
            user=user,
            specialty="Surgery",
            experience_years=1,
            approved=True,
            slot_minutes=15 * (1 + number % 3),
        )
        for number, user in enumerate(users)
    )


def by_start(found: dict[int, list[Slot]]) -> list[tuple[Slot, int]]:
    """Return the doctors with a slot in the order of starts, lengths and primary keys."""
    return sorted((slots[0], pk) for pk, slots in found.items() if slots)


def keys(found: list[tuple[Slot, Doctor]]) -> list[tuple[Slot, int]]:
    return [(slot, doctor.pk) for slot, doctor in found]


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize(
    "moment",
    [
        "2026-03-02T05:00:00+01:00",
        "2026-03-02T11:07:30+01:00",
        "2026-03-07T20:00:00+01:00",  # a Saturday
        "2026-03-29T01:30:00+01:00",  # the clock skips an hour
        "2026-10-25T02:30:00+02:00",  # the clock repeats an hour
    ],
)
def test_earliest_slots_are_the_first_ones_of_all_doctors(
    dora: Doctor, clock: Traveller, moment: str, seed: int
) -> None:
    clock.move_to(dt.datetime.fromisoformat(moment))
    chance = random.Random(seed)  # noqa: S311 - reproducible data of a test
    now = clinic_clock.now()
    doctors = [dora, *make_doctors(28)]
    for doctor in doctors[1:]:
        for weekday in chance.sample(range(7), chance.choice([0, 1, 3, 7])):
            start = chance.choice([0, 1, 7, 9, 13])
            doctor.working_hours.create(
                weekday=weekday, start_time=dt.time(start), end_time=dt.time(start + 9)
            )
        if chance.random() < 0.2:
            until = now + dt.timedelta(days=chance.choice([1, 9, 400]))
            add_time_off(doctor, starts_at=now, ends_at=until)
    occupy_at_random(doctors, chance)
    criteria = SlotCriteria(patient_window(now), frozenset({doctors[-1].user_id}))
    expected = by_start(first_slots(doctors, criteria, now.date(), limit=1))
    assert len(expected) > 12
    for count in (0, 1, 2, 5, 12, 100):
        found = earliest_slots(doctors, criteria, now.date(), count=count)
        assert keys(found) == expected[:count]


def occupy_at_random(doctors: list[Doctor], chance: random.Random) -> None:
    """Occupy time of half of the doctors on two days, each for a patient of its own."""
    occupied = chance.sample(doctors, len(doctors) // 2)
    users = User.objects.bulk_create(
        User(email=f"p{doctor.pk}@example.org", first_name="P", last_name="P", is_patient=True)
        for doctor in occupied
    )
    patients = Patient.objects.bulk_create(
        Patient(user=user, date_of_birth=dt.date(1990, 5, 17)) for user in users
    )
    today = clinic_clock.today()
    Appointment.objects.create_many(
        [
            Appointment(
                doctor=doctor,
                patient=patient,
                date=today + dt.timedelta(days=number),
                time=chance.choice([dt.time(4), dt.time(7), dt.time(8), dt.time(9, 10)]),
                duration_minutes=chance.choice([60, 300]),
            )
            for doctor, patient in zip(occupied, patients, strict=True)
            for number in range(2)
        ]
    )


def test_earliest_slots_respect_type_and_daily_limit(
    dora: Doctor, emil: Doctor, ann: Patient, anyone: SlotCriteria
) -> None:
    one_a_day = offer_type(dora, duration_minutes=60, max_per_day=1)
    set_appointment_types(emil, [one_a_day.pk])
    book_as_patient(ann, dora, date=MONDAY, time=NINE)
    criteria = replace(anyone, appointment_type=one_a_day.pk)
    gerd = make_doctor("Gerd")
    found = earliest_slots([dora, emil, gerd], criteria, MONDAY, count=3)
    assert keys(found) == [
        (Slot(MONDAY, NINE, 60), emil.pk),
        (Slot(TUESDAY, NINE, 60), dora.pk),
    ]


def test_earliest_slots_of_many_doctors_load_appointments_of_few(
    dora: Doctor, anyone: SlotCriteria, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    doctors = make_doctors(200)
    for doctor in doctors:
        doctor.working_hours.create(weekday=3, start_time=NINE, end_time=dt.time(17))
    # Terms, what the doctors offer, busy time.
    with django_assert_num_queries(3), CaptureQueriesContext(connection) as captured:
        found = earliest_slots(doctors, anyone, THURSDAY, count=3)
    first = [doctor.pk for doctor in doctors if doctor.slot_minutes == 15][:3]
    assert keys(found) == [(Slot(THURSDAY, NINE, 15), pk) for pk in first]
    [busy] = [each["sql"] for each in captured if "clinic_busytick" in each["sql"]]
    people = busy.partition(" IN (")[2].partition(")")[0].split(",")
    assert len(people) == FIRST_DOCTORS


def test_earliest_slots_after_first_days_load_the_rest_of_the_horizon(
    dora: Doctor, anyone: SlotCriteria, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    doctors = make_doctors(200)
    for doctor in doctors:
        doctor.working_hours.create(weekday=3, start_time=NINE, end_time=dt.time(17))
    # On the first days nobody works; what they offer on the others is loaded then.
    with django_assert_num_queries(4):
        found = earliest_slots(doctors, anyone, MONDAY, count=3)
    assert [slot for slot, _doctor in found] == [Slot(THURSDAY, NINE, 15)] * 3


def test_earliest_slots_end_at_the_horizon(
    dora: Doctor, emil: Doctor, anyone: SlotCriteria
) -> None:
    away = dt.datetime.fromisoformat("2028-01-01T00:00:00+01:00")
    add_time_off(dora, starts_at=clinic_clock.now(), ends_at=away)
    found = earliest_slots([dora, emil], anyone, MONDAY, count=2)
    assert keys(found) == [(Slot(MONDAY, NINE, 30), emil.pk)]
