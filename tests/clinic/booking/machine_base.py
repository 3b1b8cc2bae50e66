"""The random clinic beside its reference model: people, time, and what must agree after a step."""

import datetime as dt
from collections.abc import Callable
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

import hypothesis.strategies as st
from django.db import transaction
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from clinic.booking.requests import BookingRequest
from clinic.models import Appointment, AppointmentType, BusyTick, Doctor, Patient
from clinic.slots import minute_of_day
from tests.clinic.booking.reference_model import ModelClinic
from tests.clinic.booking.reference_people import (
    Entry,
    ModelAppointment,
    ModelDoctor,
    ModelTerms,
    ModelType,
)
from tests.support.booking import outcome_of
from users.models import User

ZONE = ZoneInfo("Europe/Berlin")
HORIZON_DAYS, LEAD_MINUTES, ANSWER_DAYS = 4, 30, 1
SUNDAY = 2
# Days after the opening, and minutes since midnight.
DAYS = st.integers(-1, 6)
TIMES = st.one_of(
    st.integers(16, 24).map(lambda halves: halves * 30),
    st.integers(0, 287).map(lambda ticks: ticks * 5),
    st.sampled_from([0, 1, 110, 125, 1425, 1435]),
)
Aim = int | tuple[int, int]
# The n-th free slot of the doctor, a random time, or a time near the hour of the clock change.
AIMS: st.SearchStrategy[Aim] = st.one_of(
    st.integers(0, 60),
    st.integers(0, 60),
    st.tuples(DAYS, TIMES),
    st.tuples(st.just(SUNDAY), st.sampled_from([90, 110, 125, 175, 180])),
)
LENGTHS = st.sampled_from([5, 30, 45, 120])
WHO = st.integers(0, 1)
WHOM = st.integers(0, 2)
PICK = st.integers(0, 1000)
# No type is named, or the n-th of the catalogue.
KINDS = st.one_of(st.none(), st.integers(0, 2))
ROLES = st.sampled_from(["patient", "doctor", "staff"])
# For changes that patients cannot make.
MOSTLY_STAFF = st.sampled_from(["doctor", "doctor", "staff", "staff", "patient"])


class MachineBase(RuleBasedStateMachine):
    """Two doctors, one of whom is also a patient, two more patients and a member of staff."""

    doctors: ClassVar[list[Doctor]]
    patients: ClassVar[list[Patient]]
    staff: ClassVar[User]
    # Aware, in UTC: when the sequence begins, and the current time of its steps.
    opening: dt.datetime
    now: dt.datetime

    def __init__(self) -> None:
        super().__init__()
        self.transaction = transaction.atomic()
        self.transaction.__enter__()
        for doctor in self.doctors:
            # The former sequence changed them and was rolled back.
            doctor.refresh_from_db()
        self.model = ModelClinic(ZONE, HORIZON_DAYS, LEAD_MINUTES, ANSWER_DAYS)
        self.model_doctors = [ModelDoctor(doctor.user_id) for doctor in self.doctors]
        self.types: list[AppointmentType] = []
        self.model_types: list[ModelType] = []
        # The primary keys of the appointments of the model, and the requests that booked them.
        self.rows: list[int] = []
        self.requests: list[tuple[str, User, BookingRequest]] = []
        self.notes: dict[int, str] = {}
        self.time_off: list[tuple[ModelDoctor, int, tuple[dt.datetime, dt.datetime]]] = []
        self.closures: list[tuple[int, tuple[dt.date, dt.date]]] = []

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.transaction.__exit__(None, None, None)

    @property
    def local_now(self) -> dt.datetime:
        return self.now.astimezone(ZONE)

    def day(self, days: int) -> dt.date:
        return self.opening.date() + dt.timedelta(days=days)

    def kind(self, number: int | None) -> tuple[int | None, ModelType | None]:
        """Return the primary key of a type and its model; None twice without a number."""
        if number is None:
            return None, None
        return self.types[number].pk, self.model_types[number]

    def model_of(self, type_: int | None) -> ModelType | None:
        places = [place for place, row in enumerate(self.types) if row.pk == type_]
        return self.model_types[places[0]] if places else None

    def picked(self, pick: int) -> tuple[int, ModelAppointment]:
        place = pick % len(self.rows)
        return self.rows[place], self.model.appointments[place]

    def actor(self, role: str, appointment: ModelAppointment) -> User:
        if role == "staff":
            return self.staff
        if role == "patient":
            [patient] = [row for row in self.patients if row.user_id == appointment.patient]
            return patient.user
        return self.doctors[self.model_doctors.index(appointment.doctor)].user

    def place(self, aim: Aim, doctor: ModelDoctor, terms: ModelTerms) -> tuple[dt.date, int]:
        if isinstance(aim, tuple):
            days, minute = aim
            return self.day(days), minute
        today = self.local_now.date()
        free = [
            (day, minute)
            for day in (today + dt.timedelta(days=later) for later in range(HORIZON_DAYS + 1))
            for first, last in self.model.hours_on(doctor, day)
            for minute in range(first, last - terms.length + 1, doctor.slot_minutes)
            if not self.model.booking_error(
                doctor, 0, day, minute, terms, self.now, for_patient=True
            )
        ]
        return free[aim % len(free)] if free else (today, 9 * 60)

    def outcome(self, service: Callable[..., Appointment], role: str, **arguments: Any) -> str:
        as_staff = {"as_staff": True} if role == "staff" else {}
        return outcome_of(service, now=self.local_now, **arguments, **as_staff)

    @rule(minutes=st.sampled_from([1, 30, 200, 1500]))
    def advance_clock(self, minutes: int) -> None:
        self.now += dt.timedelta(minutes=minutes)

    @precondition(lambda self: self.rows)
    @rule(pick=PICK, minutes=st.sampled_from([-60, 0, 15]))
    def advance_clock_to_appointment(self, pick: int, minutes: int) -> None:
        _pk, appointment = self.picked(pick)
        starts_at = self.model.moment(appointment.date, appointment.start)
        self.now = max(self.now, starts_at + dt.timedelta(minutes=minutes))

    @invariant()
    def appointments_equal_model(self) -> None:
        stored = list(
            Appointment.objects.order_by("pk")
            .select_related("doctor", "patient")
            .prefetch_related("history__doctor")
        )
        assert [
            [
                Entry(
                    entry.status,
                    entry.date,
                    minute_of_day(entry.time),
                    entry.duration_minutes or 0,
                    entry.doctor.user_id if entry.doctor else 0,
                    entry.outside_availability,
                    entry.changed_by_id,
                    entry.changed_at,
                )
                for entry in appointment.history.all()
            ]
            for appointment in stored
        ] == [appointment.history for appointment in self.model.appointments]
        assert [
            (
                appointment.doctor.user_id,
                appointment.patient.user_id,
                appointment.date,
                minute_of_day(appointment.time),
                appointment.duration_minutes,
                appointment.status,
                appointment.buffer_before_minutes,
                appointment.buffer_after_minutes,
                appointment.cancellation_notice_minutes,
                self.model_of(appointment.appointment_type_id),
                appointment.pending_since,
                appointment.arrived_at,
            )
            for appointment in stored
        ] == [appointment.state() for appointment in self.model.appointments]

    @invariant()
    def ticks_equal_model_without_overlap(self) -> None:
        occupied = sorted(self.model.occupied())
        assert len(set(occupied)) == len(occupied)
        ticks = BusyTick.objects.values_list("person", "tick").order_by("person", "tick")
        assert list(ticks) == [
            (person, wall.toordinal() * 288 + minute_of_day(wall.time()) // 5)
            for person, wall in occupied
        ]
