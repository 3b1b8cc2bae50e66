"""Random sequences of service calls, compared with the reference model after each step."""

import datetime as dt
from typing import ClassVar
from zoneinfo import ZoneInfo

import hypothesis.strategies as st
from django.core.exceptions import ValidationError
from django.db import transaction
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

from clinic.booking import services as booking
from clinic.booking.requests import BookingRequest
from clinic.booking.schedules import Interval, add_time_off, remove_time_off, set_working_hours
from clinic.models import Appointment, BusyTick, Doctor, Patient
from clinic.rules import ActingRole
from clinic.slots import minute_of_day, time_of
from tests.clinic.booking.reference_model import ModelAppointment, ModelClinic, ModelDoctor
from tests.support.booking import outcome_of
from users.models import User

ZONE = ZoneInfo("Europe/Berlin")
HORIZON_DAYS, LEAD_MINUTES = 4, 30
INVALID_TRANSITION = "__all__: invalid_transition"
# Fridays before a Sunday whose 02:00 to 03:00 the clock skips or repeats.
OPENINGS = st.sampled_from([dt.date(2026, 3, 27), dt.date(2026, 10, 23)])
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
PICK = st.integers(0, 1000)


class ClinicStateMachine(RuleBasedStateMachine):
    """Two doctors, one of whom is also a patient, and two more patients."""

    doctors: ClassVar[list[Doctor]]
    patients: ClassVar[list[Patient]]

    def __init__(self) -> None:
        super().__init__()
        self.transaction = transaction.atomic()
        self.transaction.__enter__()
        self.model = ModelClinic(ZONE, HORIZON_DAYS, LEAD_MINUTES)
        self.model_doctors = [ModelDoctor(doctor.user_id) for doctor in self.doctors]
        self.rows: list[Appointment] = []
        self.time_off: list[tuple[ModelDoctor, int, tuple[dt.datetime, dt.datetime]]] = []

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.transaction.__exit__(None, None, None)

    @property
    def local_now(self) -> dt.datetime:
        return self.now.astimezone(ZONE)

    def picked(self, pick: int) -> tuple[Appointment, ModelAppointment]:
        place = pick % len(self.rows)
        return self.rows[place], self.model.appointments[place]

    def place(self, aim: Aim, doctor: ModelDoctor) -> tuple[dt.date, int]:
        if isinstance(aim, tuple):
            days, minute = aim
            return self.opening.date() + dt.timedelta(days=days), minute
        today, length = self.local_now.date(), doctor.slot_minutes
        free = [
            (day, minute)
            for day in (today + dt.timedelta(days=later) for later in range(HORIZON_DAYS + 1))
            for minute in range(0, 24 * 60 - length + 1, 5)
            if self.model.offers(doctor, day, range(minute, minute + length))
            and not self.model.is_busy(doctor.person, day, range(minute, minute + length))
        ]
        return free[aim % len(free)] if free else (today, 9 * 60)

    @initialize(opening=OPENINGS)
    def create_initial_data(self, opening: dt.date) -> None:
        self.opening = dt.datetime.combine(opening, dt.time(6), ZONE).astimezone(dt.UTC)
        self.now = self.opening
        for who in range(len(self.doctors)):
            self.set_hours(who, [(day, 8 * 60, 12 * 60) for day in range(7)])
            for patient in (0, 1):
                self.book_as_patient(who=patient, whom=who, aim=8 * who + 4 * patient + 3)
            self.book_as_doctor(who=who, whom=who, aim=30, minutes=30)
            self.add_time_off_period(who=who, hours=28, minutes=60)

    @rule(minutes=st.sampled_from([1, 30, 200]))
    def advance_clock(self, minutes: int) -> None:
        self.now += dt.timedelta(minutes=minutes)

    @rule(
        who=WHO,
        day=st.integers(0, 6),
        edges=st.lists(st.integers(0, 288), max_size=4, unique=True).map(sorted),
        slot_minutes=st.sampled_from([15, 30, 50]),
    )
    def change_working_hours(self, who: int, day: int, edges: list[int], slot_minutes: int) -> None:
        others = [hours for hours in self.model_doctors[who].hours if hours[0] != day]
        pairs = zip(edges[::2], edges[1::2], strict=False)
        self.set_hours(who, [*others, *((day, start * 5, end * 5) for start, end in pairs)])
        self.doctors[who].slot_minutes = self.model_doctors[who].slot_minutes = slot_minutes
        self.doctors[who].save()

    def set_hours(self, who: int, week: list[tuple[int, int, int]]) -> None:
        intervals = [Interval(day, time_of(start), time_of(end)) for day, start, end in week]
        set_working_hours(self.doctors[who], intervals)
        self.model_doctors[who].hours = week

    @rule(who=WHO, hours=st.integers(0, 120), minutes=st.integers(1, 1500))
    def add_time_off_period(self, who: int, hours: int, minutes: int) -> None:
        starts_at = self.opening + dt.timedelta(hours=hours)
        span = (starts_at, starts_at + dt.timedelta(minutes=minutes))
        try:
            added = add_time_off(
                self.doctors[who], starts_at=span[0], ends_at=span[1], now=self.local_now
            )
        except ValidationError as error:
            [ended] = error.error_dict["ends_at"]
            assert (ended.code, span[1] <= self.now) == ("in_the_past", True)
            return
        assert span[1] > self.now
        self.model_doctors[who].time_off.append(span)
        self.time_off.append((self.model_doctors[who], added.pk, span))

    @precondition(lambda self: self.time_off)
    @rule(pick=PICK)
    def remove_time_off_period(self, pick: int) -> None:
        model_doctor, pk, span = self.time_off.pop(pick % len(self.time_off))
        remove_time_off(self.doctors[self.model_doctors.index(model_doctor)], pk)
        model_doctor.time_off.remove(span)

    @rule(who=st.integers(0, 2), whom=WHO, aim=AIMS)
    def book_as_patient(self, who: int, whom: int, aim: Aim) -> None:
        day, minute = self.place(aim, self.model_doctors[whom])
        doctor, patient = self.doctors[whom], self.patients[who]
        request = BookingRequest(date=day, time=time_of(minute), doctor_id=doctor.pk)
        appointment = ModelAppointment(
            self.model_doctors[whom],
            patient.user_id,
            day,
            minute,
            self.model_doctors[whom].slot_minutes,
            "pending",
        )
        self.book(patient.user, ActingRole.PATIENT, request, appointment)

    @rule(who=WHO, whom=st.integers(0, 2), aim=AIMS, minutes=LENGTHS)
    def book_as_doctor(self, who: int, whom: int, aim: Aim, minutes: int) -> None:
        day, minute = self.place(aim, self.model_doctors[who])
        doctor, patient = self.doctors[who], self.patients[whom]
        request = BookingRequest(
            date=day, time=time_of(minute), patient_id=patient.pk, duration_minutes=minutes
        )
        appointment = ModelAppointment(
            self.model_doctors[who], patient.user_id, day, minute, minutes, "confirmed"
        )
        self.book(doctor.user, ActingRole.DOCTOR, request, appointment)

    def book(
        self, actor: User, role: ActingRole, request: BookingRequest, appointment: ModelAppointment
    ) -> None:
        booked: list[Appointment] = []

        def book() -> Appointment:
            booked.append(booking.book(actor=actor, request=request, now=self.local_now))
            return booked[0]

        theirs = self.model.patients_of(appointment.doctor)
        if appointment.patient == appointment.doctor.person:
            violation: str | None = "__all__: own_appointment"
        elif role is ActingRole.DOCTOR and appointment.patient not in theirs:
            violation = "patient_id: not_found"
        else:
            violation = self.model.booking_error(
                appointment.doctor,
                appointment.patient,
                appointment.date,
                appointment.start,
                appointment.length,
                self.now,
                for_patient=role is ActingRole.PATIENT,
            )
        assert outcome_of(book) == (violation or appointment.status)
        if not violation:
            appointment.record_change()
            self.model.appointments.append(appointment)
            self.rows.append(booked[0])

    @precondition(lambda self: self.rows)
    @rule(pick=PICK, as_patient=st.booleans(), aim=AIMS)
    def move(self, *, pick: int, as_patient: bool, aim: Aim) -> None:
        row, appointment = self.picked(pick)
        day, minute = self.place(aim, appointment.doctor)
        violation = self.reschedule_error(appointment, day, minute, as_patient=as_patient)
        stays = (appointment.date, appointment.start) == (day, minute)
        after = "pending" if as_patient and not stays else appointment.status
        answer = outcome_of(
            booking.reschedule,
            actor=row.patient.user if as_patient else row.doctor.user,
            appointment_id=row.pk,
            date=day,
            time=time_of(minute),
            now=self.local_now,
        )
        assert answer == (violation or after)
        if not violation and not stays:
            appointment.date, appointment.start, appointment.status = day, minute, after
            appointment.record_change()

    def reschedule_error(
        self, appointment: ModelAppointment, day: dt.date, minute: int, *, as_patient: bool
    ) -> str | None:
        if appointment.status not in {"pending", "confirmed"}:
            return INVALID_TRANSITION
        if as_patient and self.model.started(appointment, self.now):
            return INVALID_TRANSITION
        if (appointment.date, appointment.start) == (day, minute):
            return None
        return self.model.booking_error(
            appointment.doctor,
            appointment.patient,
            day,
            minute,
            appointment.length,
            self.now,
            for_patient=as_patient,
            moving=appointment,
        )

    @precondition(lambda self: self.rows)
    @rule(pick=PICK, action=st.sampled_from(["confirm", "complete", "cancel", "cancel as patient"]))
    def change_status(self, pick: int, action: str) -> None:
        row, appointment = self.picked(pick)
        started = self.model.started(appointment, self.now)
        is_open = appointment.status in {"pending", "confirmed"}
        after, allowed = {
            "confirm": ("confirmed", appointment.status == "pending"),
            "complete": ("completed", appointment.status == "confirmed" and started),
            "cancel": ("cancelled", is_open),
            "cancel as patient": ("cancelled", is_open and not started),
        }[action]
        actor = row.patient.user if action == "cancel as patient" else row.doctor.user
        change = getattr(booking, action.partition(" ")[0])
        answer = outcome_of(change, actor=actor, appointment_id=row.pk, now=self.local_now)
        assert answer == (after if allowed else INVALID_TRANSITION)
        if allowed:
            appointment.status = after
            appointment.record_change()

    @invariant()
    def appointments_equal_model(self) -> None:
        stored = Appointment.objects.order_by("pk").prefetch_related("history")
        assert [
            [
                (line.status, line.date, minute_of_day(line.time))
                for line in appointment.history.all()
            ]
            for appointment in stored
        ] == [appointment.history for appointment in self.model.appointments]
        assert [
            (
                appointment.status,
                appointment.date,
                minute_of_day(appointment.time),
                appointment.duration_minutes,
            )
            for appointment in stored
        ] == [
            (appointment.status, appointment.date, appointment.start, appointment.length)
            for appointment in self.model.appointments
        ]

    @invariant()
    def ticks_equal_model_without_overlap(self) -> None:
        occupied = sorted(self.model.occupied())
        assert len(set(occupied)) == len(occupied)
        ticks = BusyTick.objects.values_list("person", "tick").order_by("person", "tick")
        assert list(ticks) == [
            (person, date.toordinal() * 288 + minute // 5) for person, date, minute in occupied
        ]
