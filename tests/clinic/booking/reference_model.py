"""Reference model of the booking rules, for the randomized tests.

Written with minutes, loops and lists only. It shares no code with the clinic package: no
ticks, no bitmaps, no queries.
"""

import datetime as dt
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache

MINUTE = dt.timedelta(minutes=1)
Interval = tuple[int, int, int]  # weekday, first minute, last minute
Change = tuple[str, dt.date, int]  # status, date, first minute


@lru_cache
def minutes_shown(zone: dt.tzinfo, date: dt.date) -> Counter[int]:
    """Return how often a clock on the wall shows each minute of the day.

    Watches the clock from the day before to the day after, minute by minute.
    """
    noon = dt.datetime(date.year, date.month, date.day, 12, tzinfo=dt.UTC)
    moments = (noon + after * MINUTE for after in range(-48 * 60, 48 * 60))
    shown = (moment.astimezone(zone) for moment in moments)
    return Counter(wall.hour * 60 + wall.minute for wall in shown if wall.date() == date)


@dataclass(eq=False)
class ModelDoctor:
    """A doctor. ``hours`` are in minutes since midnight."""

    person: int
    slot_minutes: int = 30
    hours: list[Interval] = field(default_factory=list)
    time_off: list[tuple[dt.datetime, dt.datetime]] = field(default_factory=list)


@dataclass(eq=False)
class ModelAppointment:
    """An appointment. ``doctor.person`` and ``patient`` are user ids; times are minutes."""

    doctor: ModelDoctor
    patient: int
    date: dt.date
    start: int
    length: int
    status: str
    history: list[Change] = field(default_factory=list)

    @property
    def minutes(self) -> range:
        return range(self.start, self.start + self.length)

    def record_change(self) -> None:
        self.history.append((self.status, self.date, self.start))


@dataclass
class ModelClinic:
    """The clinic and its booking rules."""

    zone: dt.tzinfo
    horizon_days: int
    lead_minutes: int = 0
    appointments: list[ModelAppointment] = field(default_factory=list)

    def moment(self, date: dt.date, minute: int) -> dt.datetime:
        """Return the first moment at which the clock shows this minute, in UTC for comparison."""
        wall = dt.datetime.combine(date, dt.time(minute // 60, minute % 60), self.zone)
        return wall.astimezone(dt.UTC)

    def is_shown_once(self, date: dt.date, minute: int) -> bool:
        return minutes_shown(self.zone, date)[minute] == 1

    def shape(self, date: dt.date, start: int, length: int) -> str | None:
        if start % 5:
            return "time: off_grid"
        if start + length > 24 * 60:
            return "duration_minutes: invalid"
        if not all(self.is_shown_once(date, minute) for minute in range(start, start + length)):
            return "time: nonexistent_time"
        return None

    def window(
        self, date: dt.date, start: int, now: dt.datetime, *, for_patient: bool
    ) -> str | None:
        today, moment = now.astimezone(self.zone).date(), self.moment(date, start)
        if moment < now:
            return "date: in_the_past" if date < today else "time: in_the_past"
        if for_patient and moment < now + self.lead_minutes * MINUTE:
            return "time: lead_time_too_short"
        if for_patient and (date - today).days > self.horizon_days:
            return "date: beyond_horizon"
        return None

    def is_busy(
        self, person: int, date: dt.date, minutes: range, moving: ModelAppointment | None = None
    ) -> bool:
        return any(
            person in (appointment.doctor.person, appointment.patient)
            and appointment.date == date
            and set(appointment.minutes) & set(minutes)
            for appointment in self.appointments
            if appointment is not moving and appointment.status != "cancelled"
        )

    def patients_of(self, doctor: ModelDoctor) -> set[int]:
        """Return the people with an appointment with the doctor that is not cancelled."""
        return {
            appointment.patient
            for appointment in self.appointments
            if appointment.doctor is doctor and appointment.status != "cancelled"
        }

    def offers(self, doctor: ModelDoctor, date: dt.date, minutes: range) -> bool:
        """Return whether this is one of the doctor's slots, free or not."""
        at_work = any(
            weekday == date.weekday()
            and first <= minutes.start
            and minutes.stop <= last
            and (minutes.start - first) % doctor.slot_minutes == 0
            for weekday, first, last in doctor.hours
        )
        if not all(self.is_shown_once(date, minute) for minute in minutes):
            return False
        return at_work and not any(
            begins <= self.moment(date, minute) < ends
            for minute in minutes
            for begins, ends in doctor.time_off
        )

    def booking_error(
        self,
        doctor: ModelDoctor,
        patient: int,
        date: dt.date,
        start: int,
        length: int,
        now: dt.datetime,
        *,
        for_patient: bool,
        moving: ModelAppointment | None = None,
    ) -> str | None:
        """Return the first error of booking this time, in the documented order; None if none."""
        if violation := self.shape(date, start, length):
            return violation
        if violation := self.window(date, start, now, for_patient=for_patient):
            return violation
        minutes = range(start, start + length)
        if self.is_busy(doctor.person, date, minutes, moving):
            return "SLOT_TAKEN"
        if self.is_busy(patient, date, minutes, moving):
            return "PATIENT_BUSY"
        if for_patient and not self.offers(doctor, date, minutes):
            return "OUTSIDE_AVAILABILITY"
        return None

    def started(self, appointment: ModelAppointment, now: dt.datetime) -> bool:
        return self.moment(appointment.date, appointment.start) <= now

    def occupied(self) -> Iterator[tuple[int, dt.date, int]]:
        """Yield (user id, date, minute since midnight) for each tick of every live appointment."""
        for appointment in self.appointments:
            if appointment.status != "cancelled":
                for minute in appointment.minutes[::5]:
                    yield appointment.doctor.person, appointment.date, minute
                    yield appointment.patient, appointment.date, minute
