"""Random sequences of service calls, compared with the reference model after each step."""

import datetime as dt
from typing import Any

import hypothesis.strategies as st
from hypothesis.stateful import initialize, precondition, rule

from clinic.booking import amendments, status_changes
from clinic.booking import services as booking
from clinic.booking.lapses import lapse_unanswered_requests
from clinic.booking.requests import Amendment
from clinic.slots import time_of
from tests.clinic.booking.machine_base import (
    AIMS,
    KINDS,
    LENGTHS,
    MOSTLY_STAFF,
    PICK,
    ROLES,
    WHO,
    ZONE,
    Aim,
)
from tests.clinic.booking.machine_bookings import BookingSteps
from tests.clinic.booking.machine_schedules import OFFERED, TYPE_TERMS
from tests.clinic.booking.reference_changes import (
    RESULTS,
    SOURCES,
    change_error,
    moved_too_often,
    unanswered,
)
from tests.clinic.booking.reference_people import ModelAppointment, ModelTerms

# Fridays before a Sunday whose 02:00 to 03:00 the clock skips or repeats.
OPENINGS = st.sampled_from([dt.date(2026, 3, 27), dt.date(2026, 10, 23)])


class ClinicStateMachine(BookingSteps):
    """All steps: those of the schedules and bookings, and changes of appointments."""

    @initialize(
        opening=OPENINGS,
        types=st.lists(TYPE_TERMS, min_size=3, max_size=3),
        offered=st.lists(OFFERED, min_size=2, max_size=2),
    )
    def create_initial_data(
        self, opening: dt.date, types: list[dict[str, Any]], offered: list[list[int]]
    ) -> None:
        self.opening = dt.datetime.combine(opening, dt.time(6), ZONE).astimezone(dt.UTC)
        self.now = self.opening
        for terms in types:
            self.add_type(terms)
        for who, numbers in enumerate(offered):
            self.set_hours(who, [(day, 8 * 60, 12 * 60) for day in range(7)])
            for patient in (0, 1):
                aim = 8 * who + 4 * patient + 3
                self.book(role="patient", who=patient, whom=who, aim=aim, number=None, minutes=None)
            self.offer_types(who, numbers)
            self.book(role="doctor", who=who, whom=who, aim=30, number=None, minutes=30)
            self.add_time_off_period(who=who, hours=28, minutes=60)

    @precondition(lambda self: self.rows)
    @rule(pick=PICK, role=ROLES, aim=AIMS)
    def move(self, *, pick: int, role: str, aim: Aim) -> None:
        pk, appointment = self.picked(pick)
        for_patient = role == "patient"
        date, start = self.place(aim, appointment.doctor, appointment.terms)
        stays = (appointment.date, appointment.start) == (date, start)
        violation = change_error(self.model, appointment, "reschedule", role, self.now)
        if not violation and not stays and for_patient and moved_too_often(appointment, self.now):
            violation = "__all__: too_many_moves"
        if not violation and not stays:
            violation = self.moving_error(appointment, date, start, role=role)
        actor = self.actor(role, appointment)
        answer = self.outcome(
            booking.reschedule,
            role,
            actor=actor,
            appointment_id=pk,
            date=date,
            time=time_of(start),
        )
        is_automatic = appointment.type and appointment.type.confirmation == "automatic"
        stays_confirmed = is_automatic and appointment.status == "confirmed"
        if not violation and not stays:
            if for_patient and not stays_confirmed:
                appointment.status, appointment.pending_since = "pending", self.now
            self.put(appointment, date, start)
            self.record(appointment, role, placed=True)
        assert answer == (violation or appointment.status)

    def moving_error(
        self, appointment: ModelAppointment, date: dt.date, start: int, *, role: str
    ) -> str | None:
        return self.model.booking_error(
            appointment.doctor,
            appointment.patient,
            date,
            start,
            appointment.terms,
            self.now,
            for_patient=role == "patient",
            moving=appointment,
        )

    def put(self, appointment: ModelAppointment, date: dt.date, start: int) -> None:
        if appointment.date != date:
            appointment.arrived_at = None
        appointment.date, appointment.start = date, start

    def record(self, appointment: ModelAppointment, role: str, *, placed: bool = False) -> None:
        outside = placed and self.is_marked_outside(role, appointment)
        by = self.actor(role, appointment).pk
        appointment.record_change(by, self.now, outside=outside)

    @precondition(lambda self: self.rows)
    @rule(
        pick=PICK,
        role=MOSTLY_STAFF,
        change=st.sampled_from(
            ["confirm", "complete", "record_no_show", "record_arrival", "cancel", "cancel"]
        ),
    )
    def change_status(self, pick: int, role: str, change: str) -> None:
        pk, appointment = self.picked(pick)
        violation = change_error(self.model, appointment, change, role, self.now)
        service = getattr(status_changes, change)
        actor = self.actor(role, appointment)
        answer = self.outcome(service, role, actor=actor, appointment_id=pk)
        assert answer == (violation or RESULTS[change])
        if violation or (change == "record_arrival" and appointment.arrived_at):
            return
        if change == "record_arrival":
            appointment.arrived_at = self.now
        appointment.status, appointment.pending_since = RESULTS[change], None
        self.record(appointment, role)

    def closed(self) -> list[int]:
        """Return the places of the appointments that can be reopened."""
        rows = enumerate(self.model.appointments)
        return [place for place, row in rows if row.status in SOURCES["reopen"]]

    @precondition(lambda self: self.closed())
    @rule(pick=PICK, role=MOSTLY_STAFF)
    def reopen(self, pick: int, role: str) -> None:
        closed = self.closed()
        pk, appointment = self.picked(closed[pick % len(closed)])
        was_cancelled = not appointment.is_live
        violation = change_error(self.model, appointment, "reopen", role, self.now)
        if not violation and was_cancelled:
            where = (appointment.date, appointment.start)
            violation = self.moving_error(appointment, *where, role=role)
        actor = self.actor(role, appointment)
        reason = {"reason": "By mistake"}
        answer = self.outcome(status_changes.reopen, role, actor=actor, appointment_id=pk, **reason)
        assert answer == (violation or "confirmed")
        if not violation:
            appointment.status = "confirmed"
            self.record(appointment, role, placed=was_cancelled)

    @precondition(lambda self: self.rows)
    @rule(
        pick=PICK,
        role=MOSTLY_STAFF,
        number=KINDS,
        minutes=st.one_of(st.none(), LENGTHS),
        note=KINDS,
    )
    def amend(
        self, *, pick: int, role: str, number: int | None, minutes: int | None, note: int | None
    ) -> None:
        pk, appointment = self.picked(pick)
        type_pk, type_ = self.kind(number)
        terms: ModelTerms | str = appointment.terms
        if type_ is not None and type_ is not appointment.type:
            terms = self.model.terms_for(appointment.doctor, type_, for_patient=False)
        violation = change_error(self.model, appointment, "amend", role, self.now)
        wanted = appointment.terms
        if isinstance(terms, ModelTerms):
            wanted = terms._replace(length=minutes or terms.length)
        else:
            violation = violation or terms
        placed = wanted[:3] != appointment.terms[:3]
        # One that has started keeps its start.
        now = min(self.now, self.model.moment(appointment.date, appointment.start))
        if not violation and placed:
            violation = self.model.booking_error(
                appointment.doctor,
                appointment.patient,
                appointment.date,
                appointment.start,
                wanted,
                now,
                for_patient=False,
                moving=appointment,
            )
        actor = self.actor(role, appointment)
        text = None if note is None else f"Note {note}"
        amendment = Amendment(
            duration_minutes=minutes, appointment_type_id=type_pk, reason_for_visit=text
        )
        answer = self.outcome(
            amendments.amend, role, actor=actor, appointment_id=pk, amendment=amendment
        )
        assert answer == (violation or appointment.status)
        if violation:
            return
        noted = text is not None and self.notes.get(pk, "") != text
        if noted:
            self.notes[pk] = text or ""
        if noted or placed or wanted.type is not appointment.type:
            if wanted.type is not None and wanted.type is not appointment.type:
                appointment.notice = wanted.type.cancellation_notice_minutes
            appointment.length, appointment.before, appointment.after, appointment.type, _ = wanted
            self.record(appointment, role, placed=placed)

    @precondition(lambda self: self.rows)
    @rule(pick=PICK, whom=WHO, aim=st.one_of(st.none(), AIMS))
    def reassign(self, pick: int, whom: int, aim: Aim | None) -> None:
        pk, appointment = self.picked(pick)
        doctor = self.model_doctors[whom]
        date, start = appointment.date, appointment.start
        if aim is not None:
            date, start = self.place(aim, doctor, appointment.terms)
        before = (appointment.doctor, appointment.date, appointment.start)
        violation = change_error(self.model, appointment, "reassign", "staff", self.now)
        stays = before == (doctor, date, start)
        if not violation and not stays and doctor.person == appointment.patient:
            violation = "__all__: own_appointment"
        if not violation and not stays:
            violation = self.model.booking_error(
                doctor,
                appointment.patient,
                date,
                start,
                appointment.terms,
                self.now,
                for_patient=False,
                moving=appointment,
            )
        answer = self.outcome(
            amendments.reassign,
            "",
            actor=self.staff,
            appointment_id=pk,
            doctor_id=self.doctors[whom].pk,
            date=None if aim is None else date,
            time=None if aim is None else time_of(start),
        )
        assert answer == (violation or appointment.status)
        if violation or stays:
            return
        if doctor is not appointment.doctor and appointment.pending_since:
            appointment.pending_since = self.now
        appointment.doctor = doctor
        self.put(appointment, date, start)
        self.record(appointment, "staff", placed=True)

    @rule()
    def lapse(self) -> None:
        due = unanswered(self.model, self.now)
        assert lapse_unanswered_requests(self.local_now) == len(due)
        # By date and time.
        for appointment in due:
            appointment.status, appointment.pending_since = "cancelled", None
            appointment.record_change(None, self.now)
