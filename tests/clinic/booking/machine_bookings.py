"""Steps that search for slots and book appointments, as a patient, a doctor or staff."""

import hypothesis.strategies as st
from hypothesis.stateful import precondition, rule

from clinic.booking import services as booking
from clinic.booking.availability import open_slots
from clinic.booking.criteria import criteria_for_booking
from clinic.booking.requests import BookingRequest
from clinic.models import Appointment
from clinic.slots import minute_of_day, time_of
from tests.clinic.booking.machine_base import AIMS, KINDS, LENGTHS, PICK, ROLES, WHO, WHOM, Aim
from tests.clinic.booking.machine_schedules import ScheduleSteps
from tests.clinic.booking.reference_model import DAY
from tests.clinic.booking.reference_people import ModelAppointment, ModelTerms

SEARCHED_DAYS = 2


class BookingSteps(ScheduleSteps):
    """Steps that search for slots and book appointments."""

    @rule(who=WHOM, whom=WHO, number=KINDS, days=st.integers(0, 4))
    def search(self, who: int, whom: int, number: int | None, days: int) -> None:
        patient, doctor = self.patients[who], self.model_doctors[whom]
        pk, type_ = self.kind(number)
        dates = [self.local_now.date() + (days + later) * DAY for later in range(SEARCHED_DAYS)]
        criteria = criteria_for_booking(patient.user, self.local_now, pk)
        shown = open_slots([self.doctors[whom]], criteria, dates[0], SEARCHED_DAYS)
        terms = self.model.terms_for(doctor, type_, for_patient=True)
        offered = isinstance(terms, ModelTerms) and [
            (date, start, terms.length)
            for date in dates
            for start in range(0, 24 * 60, 5)
            if not self.model.booking_error(
                doctor, patient.user_id, date, start, terms, self.now, for_patient=True
            )
        ]
        assert [
            (slot.date, minute_of_day(slot.time), slot.duration_minutes)
            for slot in shown.get(self.doctors[whom].pk, [])
        ] == (offered or [])

    @rule(
        role=ROLES,
        who=WHOM,
        whom=WHO,
        aim=AIMS,
        number=KINDS,
        minutes=st.one_of(st.none(), LENGTHS),
    )
    def book(
        self, *, role: str, who: int, whom: int, aim: Aim, number: int | None, minutes: int | None
    ) -> None:
        patient, doctor = self.patients[who], self.model_doctors[whom]
        pk, type_ = self.kind(number)
        terms = self.model.terms_for(doctor, type_, for_patient=role == "patient")
        wanted = terms if isinstance(terms, ModelTerms) else ModelTerms(30)
        date, start = self.place(aim, doctor, wanted)
        if minutes is not None and role != "patient":
            wanted = wanted._replace(length=minutes)
        else:
            minutes = None
        request = BookingRequest(
            date=date,
            time=time_of(start),
            doctor_id=None if role == "doctor" else self.doctors[whom].pk,
            patient_id=None if role == "patient" else patient.pk,
            appointment_type_id=pk,
            duration_minutes=minutes,
            idempotency_key=str(len(self.requests)),
        )
        is_automatic = wanted.type is not None and wanted.type.confirmation == "automatic"
        is_pending = role == "patient" and not is_automatic
        appointment = ModelAppointment(
            doctor=doctor,
            patient=patient.user_id,
            date=date,
            start=start,
            length=wanted.length,
            status="pending" if is_pending else "confirmed",
            before=wanted.before,
            after=wanted.after,
            notice=wanted.type.cancellation_notice_minutes if wanted.type else 0,
            type=wanted.type,
            pending_since=self.now if is_pending else None,
        )
        violation = self.booking_error(role, appointment, terms, wanted)
        actor = self.actor(role, appointment)
        answer = self.outcome(booking.book, role, actor=actor, request=request)
        assert answer == (violation or appointment.status)
        if not violation:
            outside = self.is_marked_outside(role, appointment)
            appointment.record_change(actor.pk, self.now, outside=outside)
            self.model.appointments.append(appointment)
            self.rows.append(Appointment.objects.latest("pk").pk)
            self.requests.append((role, actor, request))

    def booking_error(
        self,
        role: str,
        appointment: ModelAppointment,
        terms: ModelTerms | str,
        wanted: ModelTerms,
    ) -> str | None:
        doctor, patient = appointment.doctor, appointment.patient
        theirs = {*self.model.patients_of(doctor), doctor.person}
        if role == "doctor" and patient not in theirs:
            return "patient_id: not_found"
        if isinstance(terms, str):
            return terms
        if patient == doctor.person:
            return "__all__: own_appointment"
        return self.model.booking_error(
            doctor,
            patient,
            appointment.date,
            appointment.start,
            wanted,
            self.now,
            for_patient=role == "patient",
        )

    def is_marked_outside(self, role: str, appointment: ModelAppointment) -> bool:
        """Return whether the history says that the doctor does not work at this time."""
        where = (appointment.doctor, appointment.date, appointment.start, appointment.terms)
        return role != "patient" and self.model.is_outside(*where)

    @precondition(lambda self: self.rows)
    @rule(pick=PICK)
    def retry(self, pick: int) -> None:
        pk, appointment = self.picked(pick)
        role, actor, request = self.requests[self.rows.index(pk)]
        doctor = appointment.history[0].doctor
        answer = self.outcome(booking.book, role, actor=actor, request=request)
        is_theirs = any(
            row.is_live and (row.patient, row.doctor.person) == (appointment.patient, doctor)
            for row in self.model.appointments
        )
        lost = role == "doctor" and not is_theirs
        assert answer == ("patient_id: not_found" if lost else appointment.status)
