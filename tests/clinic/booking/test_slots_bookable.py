"""The open slots are exactly the times that can be booked, in randomly generated clinics."""

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple
from zoneinfo import ZoneInfo

import hypothesis.strategies as st
import pytest
from django.db import transaction
from django.test import override_settings
from hypothesis import given, settings

from clinic.booking.availability import criteria_for_booking, open_slots
from clinic.booking.requests import BookingRequest
from clinic.booking.schedules import Interval, add_time_off, set_working_hours
from clinic.booking.services import book
from clinic.models import Appointment, Doctor, Patient
from clinic.slots import Slot, minute_of_day, time_of
from tests.clinic.booking.reference_model import ModelAppointment, ModelClinic, ModelDoctor
from tests.support.booking import outcome_of
from tests.support.scale import HYPOTHESIS, SCALE
from tests.support.time_zones import zones_and_dates

HORIZON_DAYS = 20


class Booked(NamedTuple):
    minute: int
    length: int
    by_ann: bool  # Ann's with another doctor; otherwise another patient's with this doctor


class Clinic(NamedTuple):
    zone: ZoneInfo
    day: dt.date
    now: dt.datetime
    lead_minutes: int
    slot_minutes: int
    hours: list[tuple[int, int]]
    time_off: list[tuple[dt.datetime, dt.datetime]]
    booked: list[Booked]


def intervals() -> st.SearchStrategy[list[tuple[int, int]]]:
    """Generate disjoint, non-adjacent intervals of a day on the five-minute grid."""
    edges = st.lists(st.integers(0, 288), max_size=6, unique=True).map(sorted)
    return edges.map(
        lambda ticks: [
            (start * 5, end * 5) for start, end in zip(ticks[::2], ticks[1::2], strict=False)
        ]
    )


@st.composite
def clinics(draw: st.DrawFn) -> Clinic:
    zone, day = draw(zones_and_dates())
    noon = dt.datetime.combine(day, dt.time(12), zone).astimezone(dt.UTC)

    def around(hours: int) -> dt.datetime:
        return noon + dt.timedelta(minutes=draw(st.integers(-hours * 60, hours * 60)))

    now = noon - draw(
        st.sampled_from([dt.timedelta(0), dt.timedelta(hours=11), dt.timedelta(days=2)])
    )
    time_off = [sorted((around(36), around(36))) for _ in range(draw(st.integers(0, 2)))]
    lengths = st.sampled_from([5, 15, 45, 90])
    return Clinic(
        zone=zone,
        day=day,
        now=now.astimezone(zone),
        lead_minutes=draw(st.sampled_from([0, 61])),
        slot_minutes=draw(st.sampled_from([5, 20, 30, 50, 480])),
        hours=draw(st.one_of(intervals(), st.just([(0, 24 * 60)]))),
        time_off=[(start, end) for start, end in time_off if start < end],
        booked=draw(
            st.lists(
                st.builds(Booked, st.integers(0, 270).map(lambda n: n * 5), lengths, st.booleans()),
                max_size=4,
            )
        ),
    )


@contextmanager
def rolled_back() -> Iterator[None]:
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def create_clinic(
    clinic: Clinic, dora: Doctor, emil: Doctor, ann: Patient, ben: Patient
) -> tuple[ModelClinic, ModelDoctor]:
    """Create the random clinic in the database and in the reference model."""
    model = ModelClinic(clinic.zone, HORIZON_DAYS, clinic.lead_minutes)
    doctor = ModelDoctor(dora.user_id, clinic.slot_minutes, time_off=clinic.time_off)
    doctor.hours = [(clinic.day.weekday(), start, end) for start, end in clinic.hours]
    dora.slot_minutes = clinic.slot_minutes
    dora.save()
    set_working_hours(
        dora, [Interval(day, time_of(start), time_of(end)) for day, start, end in doctor.hours]
    )
    for starts_at, ends_at in clinic.time_off:
        add_time_off(dora, starts_at=starts_at, ends_at=ends_at, now=starts_at)
    elsewhere = ModelDoctor(emil.user_id)
    for start, length, by_ann in clinic.booked:
        with_whom, patient = (elsewhere, ann.user_id) if by_ann else (doctor, ben.user_id)
        minutes = range(start, start + length)
        if model.shape(clinic.day, start, length) or any(
            model.is_busy(person, clinic.day, minutes) for person in (with_whom.person, patient)
        ):
            continue
        model.appointments.append(
            ModelAppointment(with_whom, patient, clinic.day, start, length, "pending")
        )
        Appointment.objects.create(
            doctor=emil if by_ann else dora,
            patient=ann if by_ann else ben,
            date=clinic.day,
            time=time_of(start),
            duration_minutes=length,
        )
    return model, doctor


def booking_outcome(clinic: Clinic, doctor: Doctor, patient: Patient, minute: int) -> str:
    request = BookingRequest(date=clinic.day, time=time_of(minute), doctor_id=doctor.pk)
    with rolled_back():
        return outcome_of(book, actor=patient.user, request=request, now=clinic.now)


@contextmanager
def clinic_created(
    clinic: Clinic, dora: Doctor, emil: Doctor, ann: Patient, ben: Patient
) -> Iterator[dict[int, str]]:
    """Create the clinic; yield the expected result of booking as Ann, by minute since midnight."""
    with (
        override_settings(
            TIME_ZONE=clinic.zone.key,
            HORIZON_DAYS=HORIZON_DAYS,
            LEAD_TIME_MINUTES=clinic.lead_minutes,
        ),
        rolled_back(),
    ):
        model, doctor = create_clinic(clinic, dora, emil, ann, ben)
        rest = (clinic.slot_minutes, clinic.now.astimezone(dt.UTC))
        violations = {
            minute: model.booking_error(
                doctor, ann.user_id, clinic.day, minute, *rest, for_patient=True
            )
            for minute in range(0, 24 * 60, 5)
        }
        yield {minute: violation or "pending" for minute, violation in violations.items()}


def elapsed_minutes(slot: Slot, zone: ZoneInfo) -> float:
    """Return the minutes that pass between the wall-clock times of start and end."""
    start, last_minute = (
        (slot.start + dt.timedelta(minutes=minutes)).replace(tzinfo=zone).astimezone(dt.UTC)
        for minutes in (0, slot.duration_minutes - 1)
    )
    # In UTC: a time that occurs twice equals no time of another zone (PEP 495).
    ends_at = slot.ends_at(zone).astimezone(dt.UTC)
    assert ends_at == last_minute + dt.timedelta(minutes=1)
    return (ends_at - start).total_seconds() / 60


@pytest.mark.django_db
def test_open_slots_agree_with_reference_model(
    dora: Doctor, emil: Doctor, ann: Patient, ben: Patient
) -> None:
    @settings(HYPOTHESIS, max_examples=SCALE.clinics)
    @given(clinic=clinics())
    def check(clinic: Clinic) -> None:
        with clinic_created(clinic, dora, emil, ann, ben) as expected:
            shown = open_slots([dora], criteria_for_booking(ann.user, clinic.now), clinic.day, 1)
            slots = shown.get(dora.pk, [])
            assert [minute_of_day(slot.time) for slot in slots] == [
                minute for minute, answer in expected.items() if answer == "pending"
            ]
            assert {elapsed_minutes(slot, clinic.zone) for slot in slots} <= {clinic.slot_minutes}

    check()


@pytest.mark.django_db
def test_book_accepts_exactly_the_open_slots(
    dora: Doctor, emil: Doctor, ann: Patient, ben: Patient
) -> None:
    @settings(HYPOTHESIS, max_examples=SCALE.exhaustive_clinics)
    @given(clinic=clinics())
    def check(clinic: Clinic) -> None:
        with clinic_created(clinic, dora, emil, ann, ben) as expected:
            assert {
                minute: booking_outcome(clinic, dora, ann, minute) for minute in expected
            } == expected

    check()
