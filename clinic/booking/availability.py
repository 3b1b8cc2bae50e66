"""The read side of booking: which slots are open.

Lists, searches and the booking check all ask :class:`DoctorCalendar`, so that what is
shown is what can be booked.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice

from django.conf import settings
from django.db.models import Max, Min

from clinic import clock
from clinic.models import Appointment, BusyTick, Doctor, TimeOff, WorkingHours
from clinic.rules import BookingWindow
from clinic.slots import (
    GRID_MINUTES,
    TICKS_PER_DAY,
    Slot,
    first_tick,
    minutes_between,
    skipped_ticks,
    time_of,
)
from users.models import User

# A bitmap of the busy ticks of each day, by the day's ordinal.
BusyDays = Mapping[int, int]

FIRST_SEARCH_DAYS = 14


@dataclass(frozen=True, slots=True)
class SlotCriteria:
    """What is looked for: a doctor's own slot length unless ``duration_minutes`` says another.

    ``people`` are the user ids that must be free beside the doctor's. The time of
    the visit ``moving`` counts as free, for it would be given up.
    """

    window: BookingWindow
    people: frozenset[int] = frozenset()
    duration_minutes: int | None = None
    moving: int | None = None


def patient_window(now: dt.datetime) -> BookingWindow:
    """When patients may book, at the moment ``now``: lead time and horizon."""
    return BookingWindow(
        now=now,
        lead_time=dt.timedelta(minutes=settings.LEAD_TIME_MINUTES),
        last_day=now.date() + dt.timedelta(days=settings.HORIZON_DAYS),
    )


def criteria_for_booking(caller: User, now: dt.datetime) -> SlotCriteria:
    """What ``caller`` could book as a patient: their own visits are left out."""
    return SlotCriteria(patient_window(now), frozenset({caller.pk} if caller.is_patient else ()))


def criteria_for_rescheduling(appointment: Appointment, now: dt.datetime) -> SlotCriteria:
    """Where ``appointment`` could go: slots of its length at which both people are free."""
    return SlotCriteria(
        window=patient_window(now),
        people=frozenset(appointment.people),
        duration_minutes=appointment.duration_minutes,
        moving=appointment.pk,
    )


@dataclass(slots=True)
class DoctorCalendar:
    """What decides one doctor's open slots: hours by weekday, time off, who is busy when."""

    doctor: Doctor
    hours: dict[int, list[range]] = field(default_factory=lambda: defaultdict(list))
    off: list[range] = field(default_factory=list)
    busy: list[BusyDays] = field(default_factory=list)

    def slots(self, date: dt.date, wish: SlotCriteria) -> Iterator[Slot]:
        """The open slots of one day, in order."""
        if date.weekday() not in self.hours:
            return
        step = self.doctor.slot_minutes
        length = wish.duration_minutes or step
        taken = self._taken(date, wish.window.zone)
        wanted = (1 << length // GRID_MINUTES) - 1
        is_inside = wish.window.contains_day(date)
        for interval in self.hours[date.weekday()]:
            for minute in range(interval.start, interval.stop - length + 1, step):
                if taken >> (minute // GRID_MINUTES) & wanted:
                    continue
                slot = Slot(date, time_of(minute), length)
                if is_inside or not wish.window.problem(slot):
                    yield slot

    def _taken(self, date: dt.date, zone: dt.tzinfo) -> int:
        """A bitmap of the day: bit n is set where its n-th tick cannot be used."""
        midnight = first_tick(date)
        taken = 0
        for days in self.busy:
            taken |= days.get(date.toordinal(), 0)
        for ticks in self.off:
            taken |= _bits(
                max(ticks.start - midnight, 0), min(ticks.stop - midnight, TICKS_PER_DAY)
            )
        for tick in skipped_ticks(date, zone):
            taken |= 1 << (tick - midnight)
        return taken


def open_slots(
    doctors: Iterable[Doctor], wish: SlotCriteria, start: dt.date, days: int
) -> dict[Doctor, list[Slot]]:
    """The open slots of each doctor who has working hours, on ``days`` days from ``start``.

    Days in the past or beyond the booking window are empty. Takes three queries,
    whatever the number of doctors and days, and a queryset of doctors its own. Whether
    a doctor may be booked at all is the caller's to ask (``bookable()``).
    """
    dates = _dates(wish.window, start, days)
    agendas = _load_calendars(doctors, dates)
    _load_busy(agendas, wish, dates)
    return {
        agenda.doctor: [slot for date in dates for slot in agenda.slots(date, wish)]
        for agenda in agendas
    }


def first_slots(
    doctors: Iterable[Doctor],
    wish: SlotCriteria,
    start: dt.date,
    *,
    most: int,
    after: Slot | None = None,
) -> dict[Doctor, list[Slot]]:
    """The earliest open slots of each doctor from ``start`` on, ``most`` at the most.

    ``after`` leaves out what does not start later than it. The search widens in
    steps up to the horizon: three queries, and one more for each step at which
    some doctor is still without; a queryset of doctors takes its own.
    """
    horizon = _dates(wish.window, start, settings.HORIZON_DAYS + 1)
    agendas = _load_calendars(doctors, horizon)
    found: dict[Doctor, list[Slot]] = {agenda.doctor: [] for agenda in agendas}
    searched, step = 0, FIRST_SEARCH_DAYS
    while dates := horizon[searched : searched + step]:
        agendas = [agenda for agenda in agendas if len(found[agenda.doctor]) < most]
        if not agendas:
            break
        _load_busy(agendas, wish, dates)
        for agenda in agendas:
            slots = (slot for date in dates for slot in agenda.slots(date, wish))
            later = (slot for slot in slots if after is None or slot.start > after.start)
            found[agenda.doctor] += islice(later, most - len(found[agenda.doctor]))
        searched, step = searched + step, step * 4
    return found


def busy_people(people: Collection[int], slot: Slot, *, moving: int | None = None) -> set[int]:
    """Those of the user ids who have a visit, other than ``moving``, at some minute of it."""
    ticks = BusyTick.objects.filter(
        person__in=people, tick__gte=slot.ticks.start, tick__lt=slot.ticks.stop
    )
    return set(ticks.exclude(appointment=moving).values_list("person", flat=True))


def _dates(window: BookingWindow, start: dt.date, days: int) -> list[dt.date]:
    """The days of the span on which anything could be open."""
    first = max(start, window.now.date())
    # Clipped before anything is added: a client may ask for the year 9999, whose
    # last day has no midnight after it.
    last = window.last_day or dt.date.max - dt.timedelta(days=1)
    length = min(days - (first - start).days, (last - first).days + 1)
    return [first + dt.timedelta(days=n) for n in range(length)]


def _load_calendars(doctors: Iterable[Doctor], dates: Sequence[dt.date]) -> list[DoctorCalendar]:
    """Hours and time off, in two queries beside that of the doctors."""
    if not dates:
        return []
    # Not joined to the hours, for each doctor has many of those.
    known = {doctor.pk: doctor for doctor in doctors}
    agendas: dict[int, DoctorCalendar] = {}
    # Plain rows, for a thousand of them take as long to make objects of as to load.
    hours = WorkingHours.objects.filter(doctor__in=list(known))
    for pk, weekday, opens, closes in hours.values_list(
        "doctor", "weekday", "start_time", "end_time"
    ):
        if pk not in agendas:
            agendas[pk] = DoctorCalendar(known[pk])
        agendas[pk].hours[weekday].append(minutes_between(opens, closes))
    zone = clock.zone()
    midnight, end = (
        dt.datetime.combine(day, dt.time(), zone)
        for day in (dates[0], dates[-1] + dt.timedelta(days=1))
    )
    for off in TimeOff.objects.filter(
        doctor__in=list(agendas), ends_at__gt=midnight, starts_at__lt=end
    ):
        agendas[off.doctor_id].off.append(off.ticks(zone))
    return list(agendas.values())


def _load_busy(
    agendas: Collection[DoctorCalendar], wish: SlotCriteria, dates: Sequence[dt.date]
) -> None:
    """Who is busy on these days, in one query, into the agendas."""
    if not agendas or not dates:
        return
    people = wish.people | {agenda.doctor.user_id for agenda in agendas}
    ticks = BusyTick.objects.filter(
        person__in=people,
        tick__gte=first_tick(dates[0]),
        tick__lt=first_tick(dates[-1]) + TICKS_PER_DAY,
    )
    if wish.moving is not None:
        ticks = ticks.exclude(appointment=wish.moving)
    visits = ticks.values_list("person", "appointment").annotate(
        first=Min("tick"), last=Max("tick")
    )
    busy: dict[int, dict[int, int]] = {person: defaultdict(int) for person in people}
    for person, _appointment, first, last in visits:
        # A visit ends on the day it starts, and owns every tick between.
        day, start = divmod(first, TICKS_PER_DAY)
        busy[person][day] |= _bits(start, last % TICKS_PER_DAY + 1)
    for agenda in agendas:
        agenda.busy = [busy[person] for person in {agenda.doctor.user_id, *wish.people}]


def _bits(start: int, stop: int) -> int:
    """A bitmap with the bits of ``[start, stop)`` set."""
    return (1 << stop) - (1 << start) if start < stop else 0
