"""The demo's visits, each with the history that led to its status."""

import datetime as dt
from dataclasses import dataclass
from random import Random

from clinic.demo.calendar import Meeting, weeks_of_meetings
from clinic.demo.people import Clinic, Progress
from clinic.demo.plan import DemoPlan
from clinic.demo.specialties import CANCELLATIONS, REASONS
from clinic.models import Appointment, AppointmentChange, Status
from users.models import User

BATCH = 2000
BOOKED_AHEAD = dt.timedelta(days=30)
STATUSES_ONCE_OVER = {Status.COMPLETED: 85, Status.CANCELLED: 12, Status.CONFIRMED: 3}
STATUSES_TO_COME = {Status.PENDING: 40, Status.CONFIRMED: 53, Status.CANCELLED: 7}
BOOKED_BY_STAFF = 0.3


def make_visits(
    rng: Random, clinic: Clinic, plan: DemoPlan, now: dt.datetime, progress: Progress
) -> None:
    """Write as many visits as planned; ``progress`` hears of each batch."""
    chronicle = _Chronicle(rng, clinic.staff, now)
    for meetings in weeks_of_meetings(rng, clinic, plan, now.tzinfo or dt.UTC):
        for start in range(0, len(meetings), BATCH):
            told = [chronicle.tell(meeting) for meeting in meetings[start : start + BATCH]]
            Appointment.objects.create_many(visit for visit, _history in told)
            AppointmentChange.objects.bulk_create(
                (change for _visit, history in told for change in history), batch_size=BATCH
            )
            progress(len(told))


@dataclass(frozen=True, slots=True)
class _Chronicle:
    """Invents what happened to each visit until ``now``."""

    rng: Random
    staff: User
    now: dt.datetime

    def tell(self, meeting: Meeting) -> tuple[Appointment, list[AppointmentChange]]:
        slot, doctor, patient = meeting
        status = self._status(meeting)
        steps = self._steps(meeting, status)
        _booked, booked_at, booked_by = steps[0]
        visit = Appointment(
            doctor=doctor,
            patient=patient,
            date=slot.date,
            time=slot.time,
            duration_minutes=slot.duration_minutes,
            reason_for_visit=self.rng.choice(REASONS[doctor.specialty]),
            status=status,
            booked_by=booked_by,
            created_at=booked_at,
        )
        if status is Status.CANCELLED:
            visit.cancellation_reason = self.rng.choice(CANCELLATIONS)
        history = [
            AppointmentChange(
                appointment=visit,
                status=step,
                date=slot.date,
                time=slot.time,
                changed_at=changed_at,
                changed_by=changed_by,
            )
            for step, changed_at, changed_by in steps
        ]
        return visit, history

    def _status(self, meeting: Meeting) -> Status:
        zone = self.now.tzinfo or dt.UTC
        if meeting.slot.starts_at(zone) <= self.now < meeting.slot.ends_at(zone):
            return Status.CONFIRMED
        is_over = meeting.slot.ends_at(zone) <= self.now
        chances = STATUSES_ONCE_OVER if is_over else STATUSES_TO_COME
        return self.rng.choices(list(chances), list(chances.values()))[0]

    def _steps(self, meeting: Meeting, status: Status) -> list[tuple[Status, dt.datetime, User]]:
        """Who made the visit what it is, and when: booked, confirmed, and how it ended."""
        zone = self.now.tzinfo or dt.UTC
        doctor, patient = meeting.doctor.user, meeting.patient.user
        # In UTC: Python compares and adds within one zone by the wall clock.
        latest = min(meeting.slot.starts_at(zone), self.now).astimezone(dt.UTC)
        booked_at = self._between(latest - BOOKED_AHEAD, latest)
        if status is not Status.PENDING and self.rng.random() < BOOKED_BY_STAFF:
            steps = [(Status.CONFIRMED, booked_at, self.staff)]
        else:
            steps = [(Status.PENDING, booked_at, patient)]
            if status in (Status.CONFIRMED, Status.COMPLETED):
                steps.append((Status.CONFIRMED, self._between(booked_at, latest), doctor))
        if status is Status.COMPLETED:
            steps.append((status, meeting.slot.ends_at(zone), doctor))
        elif status is Status.CANCELLED:
            who = self.rng.choice((doctor, patient))
            steps.append((status, self._between(booked_at, latest), who))
        return steps

    def _between(self, first: dt.datetime, last: dt.datetime) -> dt.datetime:
        return (first + (last - first) * self.rng.random()).replace(microsecond=0)
