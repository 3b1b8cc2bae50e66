"""Reference model of the booking rules, for the randomized tests.

Written with minutes, loops and lists only. It shares no code with the clinic package: no
ticks, no bitmaps, no queries.
"""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, field

from tests.clinic.booking.reference_clock import (
    MINUTE,
    Span,
    irregular_minutes,
    overlap,
    shown_at,
)
from tests.clinic.booking.reference_people import (
    ModelAppointment,
    ModelDoctor,
    ModelTerms,
    ModelType,
    span,
)

DAY = dt.timedelta(days=1)
NOT_OFFERED = "appointment_type_id: not_found"


@dataclass
class ModelClinic:
    """The clinic and its booking rules."""

    zone: dt.tzinfo
    horizon_days: int
    lead_minutes: int = 0
    answer_days: int = 0
    closures: list[tuple[dt.date, dt.date]] = field(default_factory=list)
    appointments: list[ModelAppointment] = field(default_factory=list)

    def moment(self, date: dt.date, minute: int) -> dt.datetime:
        """Return the first moment at which the clock shows this minute, in UTC for comparison."""
        wall = dt.datetime.combine(date, dt.time(minute // 60, minute % 60), self.zone)
        return wall.astimezone(dt.UTC)

    def is_regular(self, date: dt.date, minutes: range) -> bool:
        """Return whether the clock shows each of the minutes once."""
        return irregular_minutes(self.zone, date).isdisjoint(minutes)

    def shape(self, date: dt.date, start: int, length: int) -> str | None:
        if start % 5:
            return "time: off_grid"
        if start + length > 24 * 60:
            return "duration_minutes: invalid"
        if not self.is_regular(date, range(start, start + length)):
            return "time: nonexistent_time"
        return None

    def window(
        self,
        date: dt.date,
        start: int,
        now: dt.datetime,
        *,
        for_patient: bool,
        type_: ModelType | None = None,
    ) -> str | None:
        today, moment = now.astimezone(self.zone).date(), self.moment(date, start)
        if moment < now:
            return "date: in_the_past" if date < today else "time: in_the_past"
        lead = type_.lead_time_minutes if type_ else None
        if lead is None:
            lead = self.lead_minutes
        if for_patient and moment < now + lead * MINUTE:
            return "time: lead_time_too_short"
        if for_patient and (date - today).days > self.horizon_days:
            return "date: beyond_horizon"
        return None

    def is_busy(self, person: int, wanted: Span, moving: ModelAppointment | None = None) -> bool:
        return any(
            person in (appointment.doctor.person, appointment.patient)
            and overlap(appointment.span_of(person), wanted)
            for appointment in self.appointments
            if appointment is not moving and appointment.is_live
        )

    def is_full(
        self,
        doctor: ModelDoctor,
        date: dt.date,
        type_: ModelType | None,
        moving: ModelAppointment | None,
    ) -> bool:
        if type_ is None or type_.max_per_day is None:
            return False
        same = [
            appointment
            for appointment in self.appointments
            if appointment.is_live and appointment is not moving
            if (appointment.doctor, appointment.date, appointment.type) == (doctor, date, type_)
        ]
        return len(same) >= type_.max_per_day

    def patients_of(self, doctor: ModelDoctor) -> set[int]:
        """Return the people with an appointment with the doctor that is not cancelled."""
        return {
            appointment.patient
            for appointment in self.appointments
            if appointment.doctor is doctor and appointment.is_live
        }

    def terms_for(
        self, doctor: ModelDoctor, type_: ModelType | None, *, for_patient: bool
    ) -> ModelTerms | str:
        """Return the terms of a booking with this type (None: no type is named), or the error."""
        if type_ is not None:
            is_offered = type_ in doctor.types and type_.is_for(patients=for_patient)
            return type_.terms() if is_offered else NOT_OFFERED
        for offered in doctor.types:
            if offered.is_for(patients=True):
                return offered.terms()
        return ModelTerms(doctor.slot_minutes, offered=not (doctor.types and for_patient))

    def hours_on(self, doctor: ModelDoctor, date: dt.date) -> list[tuple[int, int]]:
        if date in doctor.special:
            return doctor.special[date]
        return [(first, last) for day, first, last in doctor.hours if day == date.weekday()]

    def is_closed(self, date: dt.date) -> bool:
        return any(first <= date <= last for first, last in self.closures)

    def is_off(self, doctor: ModelDoctor, date: dt.date, start: int, terms: ModelTerms) -> bool:
        """Return whether time off overlaps the time, or the buffers on the clock on the wall."""
        length = terms.before + terms.length + terms.after
        needed = span(date, start - terms.before, length)
        return any(
            overlap(needed, (shown_at(self.zone, begins), shown_at(self.zone, ends)))
            or any(
                begins <= self.moment(date, minute) < ends
                for minute in range(start, start + terms.length)
            )
            for begins, ends in doctor.time_off
        )

    def is_outside(self, doctor: ModelDoctor, date: dt.date, start: int, terms: ModelTerms) -> bool:
        """Return whether the doctor does not work at this time, regardless of slots."""
        at_work = any(
            first <= start and start + terms.length <= last
            for first, last in self.hours_on(doctor, date)
        )
        return not at_work or self.is_closed(date) or self.is_off(doctor, date, start, terms)

    def offers(self, doctor: ModelDoctor, date: dt.date, start: int, terms: ModelTerms) -> bool:
        """Return whether this is one of the doctor's slots, free or not."""
        at_a_step = any(
            first <= start and start + terms.length <= last
            and (start - first) % doctor.slot_minutes == 0
            for first, last in self.hours_on(doctor, date)
        )  # fmt: skip
        return (
            terms.offered
            and at_a_step
            and self.is_regular(date, range(start, start + terms.length))
            and not self.is_outside(doctor, date, start, terms)
        )

    def booking_error(
        self,
        doctor: ModelDoctor,
        patient: int,
        date: dt.date,
        start: int,
        terms: ModelTerms,
        now: dt.datetime,
        *,
        for_patient: bool,
        moving: ModelAppointment | None = None,
    ) -> str | None:
        """Return the first error of booking this time, in the documented order; None if none."""
        if violation := self.shape(date, start, terms.length):
            return violation
        type_ = terms.type
        if violation := self.window(date, start, now, for_patient=for_patient, type_=type_):
            return violation
        length = terms.before + terms.length + terms.after
        if self.is_busy(doctor.person, span(date, start - terms.before, length), moving):
            return "SLOT_TAKEN"
        if self.is_busy(patient, span(date, start, terms.length), moving):
            return "PATIENT_BUSY"
        if for_patient and self.is_full(doctor, date, type_, moving):
            return "FULLY_BOOKED"
        if for_patient and not self.offers(doctor, date, start, terms):
            return "OUTSIDE_AVAILABILITY"
        return None

    def started(self, appointment: ModelAppointment, now: dt.datetime) -> bool:
        return self.moment(appointment.date, appointment.start) <= now

    def occupied(self) -> Iterator[tuple[int, dt.datetime]]:
        """Yield (user id, time on the wall) for every five minutes of each live appointment."""
        for appointment in self.appointments:
            if appointment.is_live:
                for person in (appointment.doctor.person, appointment.patient):
                    begin, end = appointment.span_of(person)
                    while begin < end:
                        yield person, begin
                        begin += 5 * MINUTE
