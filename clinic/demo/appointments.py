"""The demo appointments, each with a history that leads to its status."""

import datetime as dt
from dataclasses import dataclass
from random import Random
from typing import NamedTuple

from clinic.booking.terms import apply_terms
from clinic.demo.bookings import DemoBooking, bookings_by_week
from clinic.demo.people import DemoPeople, Progress
from clinic.demo.plan import DemoPlan
from clinic.demo.specialties import CANCELLATIONS, REASONS
from clinic.models import Appointment, AppointmentChange, Status
from users.models import User

BATCH_SIZE = 2000
BOOKED_AHEAD = dt.timedelta(days=30)
# Requests that wait longer for an answer would lapse (ANSWER_DAYS).
PENDING_SINCE = dt.timedelta(days=2)
EARLY_ARRIVAL = dt.timedelta(minutes=15)
ARRIVAL_SHARE = 0.7
# Relative frequencies of the statuses of past and of future appointments.
PAST_STATUSES = {
    Status.COMPLETED: 80,
    Status.CANCELLED: 12,
    Status.NO_SHOW: 5,
    Status.CONFIRMED: 3,
}
FUTURE_STATUSES = {Status.PENDING: 40, Status.CONFIRMED: 53, Status.CANCELLED: 7}
BOOKED_BY_STAFF_SHARE = 0.3


def create_appointments(
    rng: Random, people: DemoPeople, plan: DemoPlan, now: dt.datetime, progress: Progress
) -> None:
    """Create the planned appointments; call ``progress`` with the size of each batch."""
    builder = _HistoryBuilder(rng, people.staff, now)
    for bookings in bookings_by_week(rng, people, plan, now.tzinfo or dt.UTC):
        for start in range(0, len(bookings), BATCH_SIZE):
            batch = [builder.build(booking) for booking in bookings[start : start + BATCH_SIZE]]
            Appointment.objects.create_many(built.appointment for built in batch)
            AppointmentChange.objects.bulk_create(
                (change for built in batch for change in built.history), batch_size=BATCH_SIZE
            )
            progress(len(batch))


class _AppointmentWithHistory(NamedTuple):
    appointment: Appointment
    history: list[AppointmentChange]


class _Change(NamedTuple):
    status: Status
    changed_at: dt.datetime
    changed_by: User
    reason: str = ""


@dataclass(frozen=True, slots=True)
class _HistoryBuilder:
    """Builds unsaved appointments with a random history that ends at ``now``."""

    rng: Random
    staff: User
    now: dt.datetime

    def build(self, booking: DemoBooking) -> _AppointmentWithHistory:
        slot, doctor, patient, terms = booking
        appointment = Appointment(
            doctor=doctor,
            patient=patient,
            date=slot.date,
            time=slot.time,
            reason_for_visit=self.rng.choice(REASONS[doctor.specialty]),
        )
        apply_terms(appointment, terms)
        appointment.status = self._choose_status(booking)
        changes = self._changes_until_outcome(booking, appointment.status)
        if arrival := self._choose_arrival(booking, appointment.status, changes[-1]):
            appointment.arrived_at = arrival.changed_at
            changes.append(arrival)
        changes += self._outcome(appointment, changes)
        appointment.booked_by = changes[0].changed_by
        appointment.booked_by_patient = changes[0].changed_by == patient.user
        appointment.created_at = changes[0].changed_at
        if appointment.status == Status.PENDING:
            appointment.pending_since = changes[0].changed_at
        appointment.cancellation_reason = changes[-1].reason
        history = [
            AppointmentChange(
                appointment=appointment,
                date=slot.date,
                time=slot.time,
                duration_minutes=slot.duration_minutes,
                doctor=doctor,
                **change._asdict(),
            )
            for change in changes
        ]
        return _AppointmentWithHistory(appointment, history)

    def _choose_status(self, booking: DemoBooking) -> Status:
        zone = self.now.tzinfo or dt.UTC
        if booking.slot.starts_at(zone) <= self.now < booking.slot.ends_at(zone):
            return Status.CONFIRMED
        is_past = booking.slot.ends_at(zone) <= self.now
        weights = PAST_STATUSES if is_past else FUTURE_STATUSES
        status = self.rng.choices(list(weights), list(weights.values()))[0]
        if status is Status.PENDING and not _is_requested(booking):
            return Status.CONFIRMED
        return status

    def _changes_until_outcome(self, booking: DemoBooking, status: Status) -> list[_Change]:
        """Return the changes from booking to confirmation, oldest first."""
        zone = self.now.tzinfo or dt.UTC
        doctor, patient = booking.doctor.user, booking.patient.user
        # In UTC: Python compares and adds local times of one zone by the wall clock.
        latest = min(booking.slot.starts_at(zone), self.now).astimezone(dt.UTC)
        if status is Status.PENDING:
            booked_at = self._random_time(latest - PENDING_SINCE, latest)
            return [_Change(status, booked_at, patient)]
        booked_at = self._random_time(latest - BOOKED_AHEAD, latest)
        kind = booking.terms.appointment_type
        is_for_staff = kind is not None and not kind.is_bookable(by_patients=True)
        if is_for_staff or self.rng.random() < BOOKED_BY_STAFF_SHARE:
            return [_Change(Status.CONFIRMED, booked_at, self.staff)]
        if not _is_requested(booking):
            return [_Change(Status.CONFIRMED, booked_at, patient)]
        changes = [_Change(Status.PENDING, booked_at, patient)]
        if status is not Status.CANCELLED:
            confirmed_at = self._random_time(booked_at, latest)
            changes.append(_Change(Status.CONFIRMED, confirmed_at, doctor))
        return changes

    def _choose_arrival(
        self, booking: DemoBooking, status: Status, previous: _Change
    ) -> _Change | None:
        """Return the arrival of the patient, which staff recorded; None if nobody did."""
        starts_at = booking.slot.starts_at(self.now.tzinfo or dt.UTC).astimezone(dt.UTC)
        has_come = status is Status.COMPLETED or (
            status is Status.CONFIRMED and starts_at <= self.now
        )
        if not has_come or self.rng.random() >= ARRIVAL_SHARE:
            return None
        arrived_at = max(
            self._random_time(starts_at - EARLY_ARRIVAL, starts_at), previous.changed_at
        )
        return _Change(Status.CONFIRMED, arrived_at, self.staff)

    def _outcome(self, appointment: Appointment, changes: list[_Change]) -> list[_Change]:
        """Return the change that ended the appointment; none if it is open."""
        zone = self.now.tzinfo or dt.UTC
        doctor, patient = appointment.doctor.user, appointment.patient.user
        if appointment.status in (Status.COMPLETED, Status.NO_SHOW):
            status = Status(appointment.status)
            return [_Change(status, appointment.slot.ends_at(zone), doctor)]
        if appointment.status != Status.CANCELLED:
            return []
        latest = min(appointment.slot.starts_at(zone), self.now).astimezone(dt.UTC)
        cancelled_at = self._random_time(changes[-1].changed_at, latest)
        cancelled_by = self.rng.choice((doctor, patient))
        if cancelled_at > appointment.changeable_until:
            cancelled_by = doctor
        reason = self.rng.choice(CANCELLATIONS)
        return [_Change(Status.CANCELLED, cancelled_at, cancelled_by, reason)]

    def _random_time(self, first: dt.datetime, last: dt.datetime) -> dt.datetime:
        """Return a time between both, in whole seconds."""
        return (first + (last - first) * self.rng.random()).replace(microsecond=0)


def _is_requested(booking: DemoBooking) -> bool:
    """Return whether an appointment that the patient books waits for confirmation."""
    kind = booking.terms.appointment_type
    if kind is None:
        return True
    return kind.is_bookable(by_patients=True) and not kind.confirms_automatically
