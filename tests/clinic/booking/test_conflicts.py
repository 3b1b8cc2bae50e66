"""Appointments outside their doctor's working time: ``clinic.booking.conflicts``."""

import datetime as dt

import pytest
from pytest_django import DjangoAssertNumQueries
from time_machine import Traveller

from clinic import clock as clinic_clock
from clinic.booking import date_exceptions
from clinic.booking.availability import Outside, OutsideReason, why_outside
from clinic.booking.conflicts import (
    Conflict,
    conflicts_among,
    upcoming_conflicts,
    with_conflicts,
)
from clinic.booking.schedules import Interval, set_working_hours
from clinic.models import Appointment, Doctor, Patient
from tests.support.booking import NINE, TUESDAY, add_time_off, cancel, write
from tests.support.fixtures.people import make_patient
from users.models import User

pytestmark = pytest.mark.django_db

MONDAY = dt.date(2026, 3, 2)
WEDNESDAY, THURSDAY, FRIDAY, SATURDAY = (TUESDAY + dt.timedelta(days=n) for n in range(1, 5))
CLOSED = Outside(OutsideReason.CLOSURE, "Staff outing")
OFF, HOURS = Outside(OutsideReason.TIME_OFF), Outside(OutsideReason.HOURS)


@pytest.fixture(autouse=True)
def monday(clock: Traveller) -> None:
    """Monday 2 March 2026, 08:00."""


def make_appointment(
    doctor: Doctor, patient: Patient, date: dt.date, time: dt.time = NINE, **fields: object
) -> Appointment:
    appointment = Appointment(
        doctor=doctor,
        patient=patient,
        date=date,
        time=time,
        status="confirmed",
        **{"duration_minutes": 30, **fields},
    )
    appointment.save()
    return appointment


def close(first: dt.date, last: dt.date) -> None:
    date_exceptions.add_closure(
        name="Staff outing", first_day=first, last_day=last, now=clinic_clock.now()
    )


def set_hours(doctor: Doctor, date: dt.date, *hours: tuple[int, int]) -> None:
    ranges = [(dt.time(start), dt.time(end)) for start, end in hours]
    date_exceptions.set_special_hours(doctor, date, ranges, clinic_clock.now())


def take_off(doctor: Doctor, date: dt.date, first_hour: int, last_hour: int) -> None:
    starts_at, ends_at = (
        dt.datetime.combine(date, dt.time(hour), clinic_clock.zone())
        for hour in (first_hour, last_hour)
    )
    add_time_off(doctor, starts_at=starts_at, ends_at=ends_at)


@pytest.fixture
def appointments(dora: Doctor, emil: Doctor, ann: Patient) -> list[Appointment]:
    """Appointments at 9:00: Dora's from Tuesday to Friday, Emil's at 11:00 on Friday."""
    return [
        *(make_appointment(dora, ann, day) for day in (TUESDAY, WEDNESDAY, THURSDAY, FRIDAY)),
        make_appointment(emil, ann, FRIDAY, dt.time(11)),
    ]


def test_conflicts_among_returns_the_strongest_reason(
    dora: Doctor, appointments: list[Appointment]
) -> None:
    on_closure, off, special, inside, of_emil = appointments
    close(TUESDAY, TUESDAY)
    for day in (TUESDAY, WEDNESDAY):
        take_off(dora, day, 8, 10)
    for day in (TUESDAY, WEDNESDAY, THURSDAY):
        set_hours(dora, day, (12, 14))
    conflicts = conflicts_among(appointments)
    assert conflicts == {on_closure.pk: CLOSED, off.pk: OFF, special.pk: HOURS}
    assert conflicts == {
        appointment.pk: outside
        for appointment in (on_closure, off, special, inside, of_emil)
        if (outside := why_outside(appointment.doctor, appointment.slot))
    }


def test_conflicts_among_uses_weekly_hours_without_special_hours(
    dora: Doctor, appointments: list[Appointment]
) -> None:
    assert conflicts_among(appointments) == {}
    set_working_hours(dora, [Interval(day, dt.time(9, 15), dt.time(17)) for day in range(3)])
    assert conflicts_among(appointments) == {
        appointment.pk: HOURS for appointment in appointments[:4]
    }


def test_conflicts_among_compares_buffers_with_time_off_only(dora: Doctor, ann: Patient) -> None:
    appointment = make_appointment(
        dora, ann, TUESDAY, buffer_before_minutes=60, buffer_after_minutes=30
    )
    assert conflicts_among([appointment]) == {}
    take_off(dora, TUESDAY, 10, 11)
    assert conflicts_among([appointment]) == {}
    take_off(dora, TUESDAY, 7, 9)
    assert conflicts_among([appointment]) == {appointment.pk: OFF}


def test_conflicts_among_compares_a_buffer_of_the_next_day_with_time_off(
    dora: Doctor, ann: Patient
) -> None:
    set_working_hours(dora, [Interval(day, dt.time(), dt.time()) for day in range(7)])
    appointment = make_appointment(dora, ann, TUESDAY, dt.time(23, 30), buffer_after_minutes=60)
    take_off(dora, WEDNESDAY, 0, 8)
    assert conflicts_among([appointment]) == {appointment.pk: OFF}


def test_upcoming_conflicts_lists_open_appointments_from_today_by_date(
    dora: Doctor, sam: User, ann: Patient, ben: Patient
) -> None:
    take_off(dora, WEDNESDAY, 8, 12)
    close(FRIDAY, FRIDAY)
    late = make_appointment(dora, ben, THURSDAY, dt.time(17))
    off = make_appointment(dora, ann, WEDNESDAY)
    today = make_appointment(dora, ann, MONDAY, dt.time(7))
    for appointment in (
        make_appointment(dora, ann, SATURDAY),
        make_appointment(dora, ann, SATURDAY, dt.time(10)),
    ):
        cancel(sam, appointment, as_staff=True)
    closed = make_appointment(dora, ann, FRIDAY)
    write(make_appointment(dora, ann, TUESDAY), date=dt.date(2026, 2, 28))
    found = upcoming_conflicts(MONDAY, {OutsideReason.TIME_OFF, OutsideReason.HOURS})
    assert [(conflict.appointment_id, conflict.slot, conflict.outside) for conflict in found] == [
        (today.pk, today.slot, HOURS),
        (off.pk, off.slot, OFF),
        (late.pk, late.slot, HOURS),
    ]
    assert upcoming_conflicts(MONDAY) == [*found, Conflict(closed.pk, closed.slot, CLOSED)]
    assert upcoming_conflicts(MONDAY, limit=2) == found[:2]


def test_upcoming_conflicts_of_one_doctor(
    dora: Doctor, emil: Doctor, ann: Patient, ben: Patient
) -> None:
    make_appointment(dora, ann, SATURDAY)
    of_emil = make_appointment(emil, ben, SATURDAY)
    found = upcoming_conflicts(MONDAY, doctor=emil)
    assert [conflict.appointment_id for conflict in found] == [of_emil.pk]


def test_with_conflicts_selects_by_reason(
    dora: Doctor, appointments: list[Appointment], sam: User
) -> None:
    on_closure, off, special, _inside, _of_emil = appointments
    close(MONDAY, TUESDAY)
    take_off(dora, WEDNESDAY, 8, 10)
    set_hours(dora, THURSDAY, (12, 14))
    ordered = Appointment.objects.order_by("date")
    found = {
        reasons: list(with_conflicts(ordered, MONDAY, [*map(OutsideReason, reasons)]))
        for reasons in (("closure",), ("time_off",), ("hours",), tuple(OutsideReason))
    }
    assert found == {
        ("closure",): [on_closure],
        ("time_off",): [off],
        ("hours",): [special],
        tuple(OutsideReason): [on_closure, off, special],
    }
    cancel(sam, on_closure, as_staff=True)
    assert list(with_conflicts(Appointment.objects.all(), MONDAY, [OutsideReason.CLOSURE])) == []


def test_with_conflicts_includes_the_first_and_the_last_day_of_a_closure(
    appointments: list[Appointment],
) -> None:
    close(WEDNESDAY, THURSDAY)
    found = with_conflicts(Appointment.objects.all(), MONDAY, [OutsideReason.CLOSURE])
    assert list(found.order_by("date")) == appointments[1:3]
    later = with_conflicts(Appointment.objects.all(), THURSDAY, [OutsideReason.CLOSURE])
    assert list(later) == [appointments[2]]


@pytest.mark.parametrize("number", [1, 8])
def test_conflicts_use_a_constant_number_of_queries(
    dora: Doctor, emil: Doctor, number: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    appointments = []
    for n in range(number):
        patient = make_patient(f"Patient{'abcdefgh'[n]}")
        day = SATURDAY + dt.timedelta(days=n)
        appointments.append(make_appointment(dora, patient, day, dt.time(18)))
        appointments.append(make_appointment(emil, patient, day, dt.time(19)))
        take_off(dora, day, 7, 12)
    with django_assert_num_queries(3):
        assert len(upcoming_conflicts(MONDAY)) == 2 * number
    with django_assert_num_queries(2):
        assert len(conflicts_among(appointments)) == 2 * number
