"""What decides a date: closure, time off, special hours, weekly hours, the strongest first."""

import datetime as dt

import pytest

from clinic import clock as clinic_clock
from clinic.booking.availability import open_slots, why_outside
from clinic.booking.criteria import criteria_for_booking
from clinic.booking.date_exceptions import add_closure, remove_closure, set_special_hours
from clinic.errors import SlotUnavailable
from clinic.models import Doctor, Patient, SpecialInterval
from clinic.slots import Slot
from tests.support.booking import NINE, TEN, TUESDAY, add_time_off, book_as_patient, book_as_staff
from users.models import User

pytestmark = pytest.mark.django_db

NOON = dt.time(12)


def times(doctor: Doctor, patient: Patient, day: dt.date = TUESDAY) -> list[str]:
    criteria = criteria_for_booking(patient.user, clinic_clock.now())
    slots = open_slots([doctor], criteria, day, 1).get(doctor.pk, [])
    return [f"{slot.time:%H:%M}" for slot in slots]


def test_special_hours_replace_the_week_and_add_days(ann: Patient, dora: Doctor) -> None:
    now, saturday = clinic_clock.now(), dt.date(2026, 3, 7)
    set_special_hours(dora, TUESDAY, [(TEN, dt.time(11)), (NINE, TEN)], now)
    set_special_hours(dora, saturday, [(TEN, dt.time(10, 40))], now)
    assert (times(dora, ann), times(dora, ann, saturday)) == (
        ["09:00", "09:30", "10:00", "10:30"],
        ["10:00"],
    )
    # Adjacent intervals are merged.
    assert SpecialInterval.objects.count() == 2
    set_special_hours(dora, TUESDAY, [], now)
    assert times(dora, ann) == []


def test_doctor_with_special_hours_only_has_slots(ann: Patient, dora: Doctor) -> None:
    dora.working_hours.all().delete()
    set_special_hours(dora, TUESDAY, [(NINE, TEN)], clinic_clock.now())
    assert (times(dora, ann), times(dora, ann, TUESDAY + dt.timedelta(1))) == (
        ["09:00", "09:30"],
        [],
    )


def test_closure_comes_before_time_off_and_these_before_special_hours(
    ann: Patient, dora: Doctor
) -> None:
    now = clinic_clock.now()
    set_special_hours(dora, TUESDAY, [(NINE, TEN)], now)
    midnight = dt.datetime.combine(TUESDAY, dt.time(), now.tzinfo)
    add_time_off(dora, starts_at=midnight, ends_at=midnight.replace(hour=9, minute=30))
    assert times(dora, ann) == ["09:30"]
    closure = add_closure(name="Course", first_day=TUESDAY, last_day=TUESDAY, now=now)
    assert times(dora, ann) == []
    reasons = [why_outside(dora, Slot(TUESDAY, time, 30)) for time in (NINE, dt.time(9, 30), NOON)]
    assert [reason and (reason.reason, reason.name) for reason in reasons] == [
        ("closure", "Course")
    ] * 3
    remove_closure(closure.pk)
    reasons = [why_outside(dora, Slot(TUESDAY, time, 30)) for time in (NINE, dt.time(9, 30), NOON)]
    assert [reason and reason.reason for reason in reasons] == ["time_off", None, "hours"]


def test_booking_on_a_closure_names_it(ann: Patient, dora: Doctor, sam: User) -> None:
    wednesday = TUESDAY + dt.timedelta(days=1)
    add_closure(name="Course", first_day=TUESDAY, last_day=wednesday, now=clinic_clock.now())
    with pytest.raises(SlotUnavailable) as caught:
        book_as_patient(ann, dora)
    assert (caught.value.code, str(caught.value)) == (
        "OUTSIDE_AVAILABILITY",
        "The clinic is closed on this day: Course. Choose another day.",
    )
    assert [str(slot.date) for slot in caught.value.next_available] == ["2026-03-05"] * 3
    booked = book_as_staff(sam, dora, ann)
    assert booked.history.get().outside_availability


def test_history_marks_only_times_outside_the_working_time(
    ann: Patient, dora: Doctor, sam: User
) -> None:
    # Not a slot of the doctor, but inside the hours.
    inside = book_as_staff(sam, dora, ann, time=dt.time(9, 10))
    outside = book_as_staff(sam, dora, ann, time=dt.time(16, 45))
    marks = [row.history.get().outside_availability for row in (inside, outside)]
    assert marks == [False, True]
