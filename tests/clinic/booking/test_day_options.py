"""Where the appointments of a doctor's day could move."""

import datetime as dt

import pytest
from time_machine import Traveller

from clinic import clock as clinic_clock
from clinic.booking.date_exceptions import set_special_hours
from clinic.booking.day_options import options_of_day
from clinic.booking.doctors_day import open_appointments_of_day, take_day_off
from clinic.models import Doctor, Patient
from tests.support.booking import (
    TEN,
    TUESDAY,
    add_time_off,
    book_as_patient,
    book_as_staff,
    cancel,
)
from tests.support.fixtures.people import become_patient, make_doctor, offer_type
from users.models import User

pytestmark = pytest.mark.django_db

WEDNESDAY = TUESDAY + dt.timedelta(days=1)


@pytest.fixture
def fay(db: None) -> Doctor:
    """Another cardiologist."""
    return make_doctor("Fay")


def colleagues_for(doctor: Doctor) -> list[list[str]]:
    """Return the first names of the colleagues for each appointment of Tuesday."""
    return [
        [colleague.user.first_name for colleague in colleagues]
        for _slot, colleagues in offers(doctor)
    ]


def next_times_for(doctor: Doctor) -> list[str]:
    """Return the next time for each appointment of Tuesday."""
    return [slot for slot, _colleagues in offers(doctor)]


def offers(doctor: Doctor) -> list[tuple[str, list[Doctor]]]:
    now = clinic_clock.now()
    appointments = open_appointments_of_day(doctor, TUESDAY, now)
    return [
        (f"{slot.date:%a} {slot.time:%H:%M}" if slot else "", colleagues)
        for _appointment, slot, colleagues in options_of_day(doctor, appointments, now)
    ]


def test_options_of_day_has_only_colleagues_who_work_and_are_free(
    ann: Patient, ben: Patient, dora: Doctor, emil: Doctor, fay: Doctor
) -> None:
    gil, hal = make_doctor("Gil"), make_doctor("Hal")
    make_doctor("Ina")
    book_as_patient(ann, dora)
    book_as_patient(ben, fay)
    start = dt.datetime.combine(TUESDAY, dt.time(), clinic_clock.zone())
    add_time_off(gil, starts_at=start, ends_at=start + dt.timedelta(days=1))
    set_special_hours(hal, TUESDAY, [(TEN, dt.time(12))], clinic_clock.now())
    Doctor.objects.filter(pk=make_doctor("Kim").pk).update(approved=False)
    # Emil has another specialty.
    assert colleagues_for(dora) == [["Ina"]]


def test_options_of_day_ignores_where_the_slots_of_colleagues_start(
    ann: Patient, dora: Doctor, fay: Doctor
) -> None:
    fay.slot_minutes = 45
    fay.save()
    book_as_patient(ann, dora, time=TEN)
    assert colleagues_for(dora) == [["Fay"]]


def test_options_of_day_has_colleagues_who_offer_the_type(
    ann: Patient, dora: Doctor, emil: Doctor, fay: Doctor
) -> None:
    offered = offer_type(dora, "Echo", duration_minutes=45, buffer_after_minutes=15)
    emil.offered_types.create(appointment_type=offered, position=1)
    book_as_patient(ann, dora, appointment_type_id=offered.pk)
    # Fay has Dora's specialty and does not offer the type.
    assert colleagues_for(dora) == [["Emil"]]


def test_options_of_day_keeps_buffers_of_the_colleague_free(
    ann: Patient, ben: Patient, dora: Doctor, emil: Doctor, sam: User
) -> None:
    offered = offer_type(dora, "Echo", buffer_after_minutes=15)
    emil.offered_types.create(appointment_type=offered, position=1)
    book_as_patient(ann, dora, appointment_type_id=offered.pk)
    book_as_staff(sam, emil, ben, time=dt.time(9, 40))
    assert colleagues_for(dora) == [[]]


def test_options_of_day_does_not_make_doctors_their_own_patients(dora: Doctor, fay: Doctor) -> None:
    book_as_patient(become_patient(fay), dora)
    assert colleagues_for(dora) == [[]]


def test_options_of_day_has_another_next_time_for_each_appointment(
    ann: Patient, ben: Patient, dora: Doctor
) -> None:
    book_as_patient(ann, dora)
    book_as_patient(ann, dora, time=TEN)
    book_as_patient(ben, dora, time=dt.time(11))
    book_as_patient(ben, dora, WEDNESDAY)
    assert next_times_for(dora) == ["Wed 09:30", "Wed 10:00", "Wed 10:30"]


def test_options_of_day_finds_times_at_which_the_patient_is_free(
    ann: Patient, ben: Patient, dora: Doctor, emil: Doctor
) -> None:
    book_as_patient(ann, dora)
    book_as_patient(ben, dora, time=TEN)
    book_as_patient(ann, emil, WEDNESDAY)
    assert next_times_for(dora) == ["Wed 09:30", "Wed 09:00"]


def test_options_of_day_separates_long_and_short_appointments(
    ann: Patient, ben: Patient, dora: Doctor
) -> None:
    long = offer_type(dora, "Long", duration_minutes=60, buffer_before_minutes=15)
    short = offer_type(dora, "Short", duration_minutes=20)
    book_as_patient(ann, dora, appointment_type_id=long.pk)
    book_as_patient(ben, dora, time=TEN, appointment_type_id=short.pk)
    # The long one takes Wednesday from 8:45 to 10:00.
    assert next_times_for(dora) == ["Wed 09:00", "Wed 10:00"]


def test_options_of_day_has_no_next_time_without_working_hours(ann: Patient, dora: Doctor) -> None:
    book_as_patient(ann, dora)
    dora.working_hours.all().delete()
    assert next_times_for(dora) == [""]


def test_open_appointments_of_day_are_still_to_come(
    ann: Patient, dora: Doctor, clock: Traveller
) -> None:
    book_as_patient(ann, dora)
    to_come = book_as_patient(ann, dora, time=TEN)
    cancel(dora.user, book_as_patient(ann, dora, time=dt.time(11)))
    book_as_patient(ann, dora, WEDNESDAY)
    clock.move_to(dt.datetime(2026, 3, 3, 8, 30, tzinfo=dt.UTC))
    assert open_appointments_of_day(dora, TUESDAY, clinic_clock.now()) == [to_come]


def test_take_day_off_adds_no_second_time_off(dora: Doctor) -> None:
    now = clinic_clock.now()
    start = dt.datetime.combine(TUESDAY, dt.time(), clinic_clock.zone())
    first = take_day_off(dora, TUESDAY, now)
    assert first is not None
    assert (first.starts_at, first.ends_at) == (start, start + dt.timedelta(days=1))
    assert take_day_off(dora, TUESDAY, now) is None


def test_take_day_off_begins_now_on_the_same_day(dora: Doctor) -> None:
    now = clinic_clock.now()
    time_off = take_day_off(dora, now.date(), now)
    assert time_off is not None
    assert time_off.starts_at == now
