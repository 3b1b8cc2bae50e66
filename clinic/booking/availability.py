"""Search for open slots.

Lists, searches and the booking check all use :class:`DoctorCalendar`, so that the slots
shown are the slots that can be booked.

Busy time is held in bitmaps: an int per person and day in which bit n stands for the
five minutes (one tick) that start 5n minutes after midnight on the clinic's wall clock.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice

from django.conf import settings
from django.db.models import Max, Min

from clinic import clock
from clinic.errors import SlotUnavailableCode
from clinic.models import Appointment, BusyTick, Doctor, TimeOff, WorkingHours
from clinic.rules import BookingWindow
from clinic.slots import (
    GRID_MINUTES,
    TICKS_PER_DAY,
    Slot,
    clock_change_ticks,
    first_tick,
    minutes_between,
    time_of,
)
from users.models import User

# One person's busy time: the bitmap of each day, by the day's ordinal (``date.toordinal()``).
BusyDays = Mapping[int, int]

FIRST_SEARCH_DAYS = 14


@dataclass(frozen=True, slots=True)
class SlotCriteria:
    """Criteria of a search for slots.

    ``people``: ids of the users who must be free as well as the doctor.
    ``duration_minutes``: length of the slots; each doctor's own slot length if None.
    ``moving``: primary key of the appointment to be rescheduled; its time counts as free.
    """

    window: BookingWindow
    people: frozenset[int] = frozenset()
    duration_minutes: int | None = None
    moving: int | None = None


def patient_window(now: dt.datetime) -> BookingWindow:
    """Return the period in which patients can book: lead time and horizon from the settings."""
    return BookingWindow(
        now=now,
        lead_time=dt.timedelta(minutes=settings.LEAD_TIME_MINUTES),
        last_day=now.date() + dt.timedelta(days=settings.HORIZON_DAYS),
    )


def criteria_for_booking(caller: User, now: dt.datetime) -> SlotCriteria:
    """Return the criteria for slots that ``caller`` could book as a patient."""
    return SlotCriteria(patient_window(now), frozenset({caller.pk} if caller.is_patient else ()))


def criteria_for_rescheduling(appointment: Appointment, now: dt.datetime) -> SlotCriteria:
    """Return the criteria for slots to which a patient could move ``appointment``."""
    return SlotCriteria(
        window=patient_window(now),
        people=frozenset(appointment.people),
        duration_minutes=appointment.duration_minutes,
        moving=appointment.pk,
    )


@dataclass(slots=True)
class DoctorCalendar:
    """Everything that decides the open slots of one doctor.

    ``hours``: by weekday (Monday is 0), the working hours as ranges of minutes since midnight.
    ``time_off``: ranges of ticks, counted as in ``clinic.slots``.
    ``busy``: the busy time of each person who must be free.
    """

    doctor: Doctor
    hours: dict[int, list[range]] = field(default_factory=lambda: defaultdict(list))
    time_off: list[range] = field(default_factory=list)
    busy: list[BusyDays] = field(default_factory=list)

    def slots(self, date: dt.date, criteria: SlotCriteria) -> Iterator[Slot]:
        """Yield the open slots of one day, in order."""
        if date.weekday() not in self.hours:
            return
        step = self.doctor.slot_minutes
        length = criteria.duration_minutes or step
        unavailable = self._unavailable(date, criteria.window.zone)
        # As many low bits as the slot has ticks; compared with the day from the slot's start.
        slot_bits = (1 << length // GRID_MINUTES) - 1
        is_inside = criteria.window.contains_day(date)
        for interval in self.hours[date.weekday()]:
            for minute in range(interval.start, interval.stop - length + 1, step):
                if unavailable >> (minute // GRID_MINUTES) & slot_bits:
                    continue
                slot = Slot(date, time_of(minute), length)
                if is_inside or not criteria.window.violation(slot):
                    yield slot

    def _unavailable(self, date: dt.date, zone: dt.tzinfo) -> int:
        """Return the day's bitmap with each tick set in which the doctor offers no slot.

        These are the ticks that are busy, time off, or skipped or repeated by the clock.
        """
        midnight = first_tick(date)
        bitmap = 0
        for days in self.busy:
            bitmap |= days.get(date.toordinal(), 0)
        for ticks in self.time_off:
            bitmap |= _bits(
                max(ticks.start - midnight, 0), min(ticks.stop - midnight, TICKS_PER_DAY)
            )
        for tick in clock_change_ticks(date, zone):
            bitmap |= 1 << (tick - midnight)
        return bitmap


def open_slots(
    doctors: Iterable[Doctor], criteria: SlotCriteria, start: dt.date, days: int
) -> dict[int, list[Slot]]:
    """Return the open slots on ``days`` days from ``start``, keyed by doctor primary key.

    Doctors without working hours are left out. Days in the past or beyond the booking
    window have no slots. Takes three queries for any number of doctors and days, plus one
    if ``doctors`` is an unevaluated queryset. Does not check whether the doctors are
    bookable: the caller filters by ``bookable()``.
    """
    dates = _dates(criteria.window, start, days)
    calendars = _load_calendars(doctors, dates)
    _load_busy(calendars, criteria, dates)
    return {
        calendar.doctor.pk: [slot for date in dates for slot in calendar.slots(date, criteria)]
        for calendar in calendars
    }


def first_slots(
    doctors: Iterable[Doctor],
    criteria: SlotCriteria,
    start: dt.date,
    *,
    limit: int,
    after: Slot | None = None,
) -> dict[int, list[Slot]]:
    """Return up to ``limit`` open slots from ``start`` on, keyed by doctor primary key.

    Only slots that start later than ``after`` count. The search widens in steps up to the
    horizon: three queries, one more for each further step while some doctor has fewer than
    ``limit`` slots, plus one if ``doctors`` is an unevaluated queryset.
    """
    horizon = _dates(criteria.window, start, settings.HORIZON_DAYS + 1)
    calendars = _load_calendars(doctors, horizon)
    slots_by_doctor: dict[int, list[Slot]] = {calendar.doctor.pk: [] for calendar in calendars}
    searched, step = 0, FIRST_SEARCH_DAYS
    while dates := horizon[searched : searched + step]:
        calendars = [
            calendar for calendar in calendars if len(slots_by_doctor[calendar.doctor.pk]) < limit
        ]
        if not calendars:
            break
        _load_busy(calendars, criteria, dates)
        for calendar in calendars:
            slots = (slot for date in dates for slot in calendar.slots(date, criteria))
            later = (slot for slot in slots if after is None or slot.start > after.start)
            doctor_slots = slots_by_doctor[calendar.doctor.pk]
            doctor_slots += islice(later, limit - len(doctor_slots))
        searched, step = searched + step, step * 4
    return slots_by_doctor


def busy_code(appointment: Appointment, *, moving: int | None = None) -> SlotUnavailableCode | None:
    """Return which party has another appointment at this time, the doctor first; None if none.

    The appointment with the primary key ``moving`` is ignored.
    """
    ticks = appointment.slot.ticks
    overlapping = BusyTick.objects.filter(
        person__in=appointment.people, tick__gte=ticks.start, tick__lt=ticks.stop
    ).exclude(appointment=moving)
    busy = set(overlapping.values_list("person", flat=True))
    if appointment.doctor.user_id in busy:
        return SlotUnavailableCode.SLOT_TAKEN
    return SlotUnavailableCode.PATIENT_BUSY if busy else None


def _dates(window: BookingWindow, start: dt.date, days: int) -> list[dt.date]:
    """Return those of the ``days`` dates from ``start`` that can have slots in the window."""
    first = max(start, window.now.date())
    # Clipped before anything is added to a date: a client can ask for the year 9999, and
    # the midnight after its last day overflows.
    last = window.last_day or dt.date.max - dt.timedelta(days=1)
    length = min(days - (first - start).days, (last - first).days + 1)
    return [first + dt.timedelta(days=n) for n in range(length)]


def _load_calendars(doctors: Iterable[Doctor], dates: Sequence[dt.date]) -> list[DoctorCalendar]:
    """Load working hours and time off: two queries, plus that of ``doctors``."""
    if not dates:
        return []
    # Not joined with the hours, which would repeat each doctor for each interval.
    doctors_by_pk = {doctor.pk: doctor for doctor in doctors}
    calendars: dict[int, DoctorCalendar] = {}
    # values_list(): building a thousand model instances takes as long as loading them.
    hours = WorkingHours.objects.filter(doctor__in=list(doctors_by_pk))
    for pk, weekday, opens, closes in hours.values_list(
        "doctor", "weekday", "start_time", "end_time"
    ):
        if pk not in calendars:
            calendars[pk] = DoctorCalendar(doctors_by_pk[pk])
        calendars[pk].hours[weekday].append(minutes_between(opens, closes))
    zone = clock.zone()
    midnight, end = (
        dt.datetime.combine(day, dt.time(), zone)
        for day in (dates[0], dates[-1] + dt.timedelta(days=1))
    )
    for time_off in TimeOff.objects.filter(
        doctor__in=list(calendars), ends_at__gt=midnight, starts_at__lt=end
    ):
        calendars[time_off.doctor_id].time_off.append(time_off.ticks(zone))
    return list(calendars.values())


def _load_busy(
    calendars: Collection[DoctorCalendar], criteria: SlotCriteria, dates: Sequence[dt.date]
) -> None:
    """Load the busy time on ``dates`` into the calendars, in one query."""
    if not calendars or not dates:
        return
    people = criteria.people | {calendar.doctor.user_id for calendar in calendars}
    ticks = BusyTick.objects.filter(
        person__in=people,
        tick__gte=first_tick(dates[0]),
        tick__lt=first_tick(dates[-1]) + TICKS_PER_DAY,
    )
    if criteria.moving is not None:
        ticks = ticks.exclude(appointment=criteria.moving)
    appointments = ticks.values_list("person", "appointment").annotate(
        first=Min("tick"), last=Max("tick")
    )
    busy: dict[int, dict[int, int]] = {person: defaultdict(int) for person in people}
    for person, _appointment, first, last in appointments:
        # An appointment ends on the day it starts, and owns every tick in between.
        day, start = divmod(first, TICKS_PER_DAY)
        busy[person][day] |= _bits(start, last % TICKS_PER_DAY + 1)
    for calendar in calendars:
        calendar.busy = [busy[person] for person in {calendar.doctor.user_id, *criteria.people}]


def _bits(start: int, stop: int) -> int:
    """Return a bitmap with bits ``start`` to ``stop - 1`` set."""
    return (1 << stop) - (1 << start) if start < stop else 0
