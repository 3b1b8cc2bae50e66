"""The demo appointments, each with a history that leads to its status."""

import datetime as dt
from dataclasses import dataclass
from random import Random
from typing import NamedTuple

from clinic.demo.bookings import DemoBooking, bookings_by_week
from clinic.demo.people import DemoPeople, Progress
from clinic.demo.plan import DemoPlan
from clinic.demo.specialties import CANCELLATIONS, REASONS
from clinic.models import Appointment, AppointmentChange, Status
from users.models import User

BATCH_SIZE = 2000
BOOKED_AHEAD = dt.timedelta(days=30)
# Relative frequencies of the statuses of past and of future appointments.
PAST_STATUSES = {Status.COMPLETED: 85, Status.CANCELLED: 12, Status.CONFIRMED: 3}
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


class _StatusChange(NamedTuple):
    status: Status
    changed_at: dt.datetime
    changed_by: User


@dataclass(frozen=True, slots=True)
class _HistoryBuilder:
    """Builds unsaved appointments with a random history that ends at ``now``."""

    rng: Random
    staff: User
    now: dt.datetime

    def build(self, booking: DemoBooking) -> _AppointmentWithHistory:
        slot, doctor, patient = booking
        status = self._choose_status(booking)
        changes = self._status_changes(booking, status)
        appointment = Appointment(
            doctor=doctor,
            patient=patient,
            date=slot.date,
            time=slot.time,
            duration_minutes=slot.duration_minutes,
            reason_for_visit=self.rng.choice(REASONS[doctor.specialty]),
            status=status,
            booked_by=changes[0].changed_by,
            created_at=changes[0].changed_at,
        )
        if status is Status.CANCELLED:
            appointment.cancellation_reason = self.rng.choice(CANCELLATIONS)
        history = [
            AppointmentChange(
                appointment=appointment, date=slot.date, time=slot.time, **change._asdict()
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
        return self.rng.choices(list(weights), list(weights.values()))[0]

    def _status_changes(self, booking: DemoBooking, status: Status) -> list[_StatusChange]:
        """Return the changes from booking to ``status``, oldest first."""
        zone = self.now.tzinfo or dt.UTC
        doctor, patient = booking.doctor.user, booking.patient.user
        # In UTC: Python compares and adds local times of one zone by the wall clock.
        latest = min(booking.slot.starts_at(zone), self.now).astimezone(dt.UTC)
        booked_at = self._random_time(latest - BOOKED_AHEAD, latest)
        if status is not Status.PENDING and self.rng.random() < BOOKED_BY_STAFF_SHARE:
            changes = [_StatusChange(Status.CONFIRMED, booked_at, self.staff)]
        else:
            changes = [_StatusChange(Status.PENDING, booked_at, patient)]
            if status in (Status.CONFIRMED, Status.COMPLETED):
                confirmed_at = self._random_time(booked_at, latest)
                changes.append(_StatusChange(Status.CONFIRMED, confirmed_at, doctor))
        if status is Status.COMPLETED:
            changes.append(_StatusChange(status, booking.slot.ends_at(zone), doctor))
        elif status is Status.CANCELLED:
            cancelled_by = self.rng.choice((doctor, patient))
            cancelled_at = self._random_time(booked_at, latest)
            changes.append(_StatusChange(status, cancelled_at, cancelled_by))
        return changes

    def _random_time(self, first: dt.datetime, last: dt.datetime) -> dt.datetime:
        """Return a time between both, in whole seconds."""
        return (first + (last - first) * self.rng.random()).replace(microsecond=0)
