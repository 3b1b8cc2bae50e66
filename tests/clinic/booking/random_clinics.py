"""Randomly generated clinics around one day, in the database and in the reference model."""

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import hypothesis.strategies as st
from django.db import transaction
from django.test import override_settings

from clinic.booking.catalogue import save_appointment_type, set_appointment_types
from clinic.booking.date_exceptions import add_closure, set_special_hours
from clinic.booking.schedules import Interval, add_time_off, set_working_hours
from clinic.models import Appointment, AppointmentType, Doctor, Patient
from clinic.slots import time_of
from tests.clinic.booking.machine_schedules import intervals
from tests.clinic.booking.reference_clock import MINUTE
from tests.clinic.booking.reference_model import DAY, ModelClinic
from tests.clinic.booking.reference_people import ModelAppointment, ModelDoctor, ModelType
from tests.support.time_zones import zones_and_dates

HORIZON_DAYS = 20


class Booked(NamedTuple):
    """An appointment around the day: minutes, and ``days`` after it."""

    days: int
    minute: int
    length: int
    before: int
    after: int
    type: int | None  # its place in the catalogue
    by_ann: bool  # Ann's with another doctor; otherwise another patient's with this doctor


class Clinic(NamedTuple):
    """What decides the slots of one day. ``named`` is the type that is searched for."""

    zone: ZoneInfo
    day: dt.date
    now: dt.datetime
    lead_minutes: int
    slot_minutes: int
    hours: list[tuple[int, int]]
    special: list[tuple[int, int]] | None
    is_closed: bool
    time_off: list[tuple[dt.datetime, dt.datetime]]
    types: list[dict[str, Any]]
    named: int | None
    booked: list[Booked]


LENGTHS = st.sampled_from([5, 15, 45, 90])
BUFFERS = st.sampled_from([0, 0, 5, 20, 60, 480])
OFF_MINUTES = st.one_of(st.integers(1, 240), st.integers(1, 4000))
NUMBERS = st.sampled_from([None, 0, 0, 1])
TYPES = st.fixed_dictionaries(
    {
        "duration_minutes": LENGTHS,
        "buffer_before_minutes": BUFFERS,
        "buffer_after_minutes": BUFFERS,
        "confirmation": st.sampled_from(["manual", "automatic"]),
        "bookable_by": st.sampled_from([*["patients"] * 5, "staff"]),
        "lead_time_minutes": st.sampled_from([None, None, 0, 300]),
        "max_per_day": st.sampled_from([None, 1, 2]),
        "active": st.sampled_from([*[True] * 5, False]),
    }
)


def booked(days: int, minutes: range) -> st.SearchStrategy[Booked]:
    return st.builds(
        Booked,
        days=st.just(days),
        minute=st.sampled_from(minutes),
        length=LENGTHS,
        before=BUFFERS,
        after=BUFFERS,
        type=NUMBERS,
        by_ann=st.sampled_from([False, False, True]),
    )


# On the day, or near midnight on a day beside it.
BOOKED = st.one_of(
    booked(0, range(0, 24 * 60, 5)),
    booked(0, range(0, 24 * 60, 5)),
    booked(-1, range(22 * 60, 24 * 60, 5)),
    booked(1, range(0, 2 * 60, 5)),
)
EDGES = st.lists(st.integers(0, 288), min_size=2, max_size=6, unique=True).map(sorted)
# Disjoint, non-adjacent intervals of a day on the five-minute grid, or the whole day.
HOURS = st.one_of(EDGES.map(intervals), st.just([(0, 24 * 60)]))


@st.composite
def clinics(draw: st.DrawFn) -> Clinic:
    zone, day = draw(zones_and_dates())
    noon = dt.datetime.combine(day, dt.time(12), zone).astimezone(dt.UTC)

    def time_off() -> tuple[dt.datetime, dt.datetime]:
        starts_at = noon + draw(st.integers(-36 * 60, 36 * 60)) * MINUTE
        return starts_at, starts_at + draw(OFF_MINUTES) * MINUTE

    now = noon - draw(st.sampled_from([dt.timedelta(0), dt.timedelta(hours=11), 2 * DAY, 2 * DAY]))
    return Clinic(
        zone=zone,
        day=day,
        now=now.astimezone(zone),
        lead_minutes=draw(st.sampled_from([0, 61])),
        slot_minutes=draw(st.sampled_from([5, 20, 30, 50, 480])),
        hours=draw(HOURS),
        special=draw(st.one_of(st.none(), st.none(), HOURS)),
        is_closed=draw(st.sampled_from([False] * 9 + [True])),
        time_off=[time_off() for _ in range(draw(st.integers(0, 2)))],
        types=draw(st.lists(TYPES, max_size=2)),
        named=draw(st.sampled_from([None, None, 0, 1])),
        booked=draw(st.lists(BOOKED, max_size=4)),
    )


@contextmanager
def rolled_back() -> Iterator[None]:
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


class Created(NamedTuple):
    """A clinic in the database and in the model. ``named`` is the primary key of that type."""

    model: ModelClinic
    doctor: ModelDoctor
    type: ModelType | None
    named: int | None
    appointments: list[tuple[Appointment, ModelAppointment]]


@contextmanager
def created(
    clinic: Clinic, dora: Doctor, emil: Doctor, ann: Patient, ben: Patient
) -> Iterator[Created]:
    """Create the random clinic in the database and in the reference model, for the block."""
    with (
        override_settings(
            TIME_ZONE=clinic.zone.key,
            HORIZON_DAYS=HORIZON_DAYS,
            LEAD_TIME_MINUTES=clinic.lead_minutes,
        ),
        rolled_back(),
    ):
        model = ModelClinic(clinic.zone, HORIZON_DAYS, clinic.lead_minutes)
        doctor = ModelDoctor(dora.user_id, clinic.slot_minutes, time_off=clinic.time_off)
        _create_schedule(clinic, dora, model, doctor)
        types = [
            save_appointment_type(name=f"Type {number}", **terms)
            for number, terms in enumerate(clinic.types)
        ]
        set_appointment_types(dora, [type_.pk for type_ in types])
        doctor.types = [ModelType(**terms) for terms in clinic.types]
        people = {True: (emil, ann), False: (dora, ben)}
        appointments = []
        for booked in clinic.booked:
            appointment = _model_appointment(
                clinic, booked, doctor if not booked.by_ann else ModelDoctor(emil.user_id),
                people[booked.by_ann][1].user_id, doctor.types,
            )  # fmt: skip
            if model.shape(appointment.date, appointment.start, appointment.length) or any(
                model.is_busy(person, appointment.span_of(person))
                for person in (appointment.doctor.person, appointment.patient)
            ):
                continue
            row = _stored(appointment, *people[booked.by_ann], types, booked.type)
            model.appointments.append(appointment)
            appointments.append((row, appointment))
        is_known = clinic.named is not None and clinic.named < len(types)
        yield Created(
            model,
            doctor,
            doctor.types[clinic.named or 0] if is_known else None,
            types[clinic.named or 0].pk if is_known else None,
            appointments,
        )


def _create_schedule(clinic: Clinic, dora: Doctor, model: ModelClinic, doctor: ModelDoctor) -> None:
    doctor.hours = [(clinic.day.weekday(), start, end) for start, end in clinic.hours]
    dora.slot_minutes = clinic.slot_minutes
    dora.save()
    set_working_hours(
        dora, [Interval(day, time_of(start), time_of(end)) for day, start, end in doctor.hours]
    )
    # Where the clock skips a whole day, the time of the test can be after the day.
    earlier = clinic.now - 7 * DAY
    if clinic.special is not None:
        times = [(time_of(start), time_of(end)) for start, end in clinic.special]
        set_special_hours(dora, clinic.day, times, earlier)
        doctor.special[clinic.day] = clinic.special
    if clinic.is_closed:
        add_closure(name="Course", first_day=clinic.day, last_day=clinic.day, now=earlier)
        model.closures.append((clinic.day, clinic.day))
    for starts_at, ends_at in clinic.time_off:
        add_time_off(dora, starts_at=starts_at, ends_at=ends_at, now=starts_at)


def _model_appointment(
    clinic: Clinic, booked: Booked, doctor: ModelDoctor, patient: int, types: list[ModelType]
) -> ModelAppointment:
    number = booked.type
    return ModelAppointment(
        doctor=doctor,
        patient=patient,
        date=clinic.day + booked.days * DAY,
        start=booked.minute,
        length=booked.length,
        status="pending",
        before=booked.before,
        after=booked.after,
        type=types[number] if number is not None and number < len(types) else None,
    )


def _stored(
    appointment: ModelAppointment,
    doctor: Doctor,
    patient: Patient,
    types: list[AppointmentType],
    number: int | None,
) -> Appointment:
    return Appointment.objects.create(
        doctor=doctor,
        patient=patient,
        date=appointment.date,
        time=time_of(appointment.start),
        duration_minutes=appointment.length,
        buffer_before_minutes=appointment.before,
        buffer_after_minutes=appointment.after,
        appointment_type=types[number] if appointment.type and number is not None else None,
    )
