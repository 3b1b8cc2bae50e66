"""Search for open slots.

Lists, searches and the booking check all use :class:`DoctorCalendar`, so that the slots
shown are the slots that can be booked.
"""

import datetime as dt
from collections.abc import Iterable
from enum import StrEnum
from itertools import islice
from typing import NamedTuple

from django.conf import settings
from django.db.models import Q

from clinic.booking.calendar_loading import load_bookings, load_calendars, load_offered_time
from clinic.booking.criteria import SlotCriteria, criteria_for_booking_patients
from clinic.booking.doctor_calendar import DoctorCalendar
from clinic.errors import SlotUnavailableCode
from clinic.models import Appointment, BusyTick, Doctor
from clinic.rules import BookingWindow
from clinic.slots import Slot, minute_of_day

FIRST_SEARCH_DAYS = 14


def open_slots(
    doctors: Iterable[Doctor], criteria: SlotCriteria, start: dt.date, days: int
) -> dict[int, list[Slot]]:
    """Return the open slots on ``days`` days from ``start``, keyed by doctor primary key.

    Doctors without hours, or whom the caller cannot book on these terms, are left out. Days in
    the past or beyond the booking window have no slots. The number of queries does not depend on
    the number of doctors and days. Does not check whether the doctors are bookable: the caller
    filters by ``bookable()``.
    """
    dates = dates_in_window(criteria.window, start, days)
    calendars = load_calendars(doctors, criteria, dates)
    load_bookings(calendars, criteria, dates)
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

    Only slots that start later than ``after`` count. The search widens in steps up to the horizon:
    one or two queries more for each further step. ``earliest.earliest_slots()`` does less where
    only the first of many doctors are wanted.
    """
    horizon = dates_in_window(criteria.window, start, settings.HORIZON_DAYS + 1)
    calendars = load_calendars(doctors, criteria, horizon)
    slots_by_doctor: dict[int, list[Slot]] = {calendar.doctor.pk: [] for calendar in calendars}
    searched = [(calendar, slots_by_doctor[calendar.doctor.pk]) for calendar in calendars]
    working_days = (date for date in horizon if any(of.hours_on(date) for of, _ in searched))
    step = FIRST_SEARCH_DAYS
    while searched and (dates := list(islice(working_days, step))):
        load_bookings([calendar for calendar, _ in searched], criteria, dates)
        for date in dates:
            for calendar, found in searched:
                if len(found) < limit:
                    slots: Iterable[Slot] = calendar.slots(date, criteria)
                    if after is not None:
                        slots = (slot for slot in slots if slot.start > after.start)
                    found.extend(islice(slots, limit - len(found)))
        searched = [(calendar, found) for calendar, found in searched if len(found) < limit]
        step *= 2
    return slots_by_doctor


def free_slots(
    doctor: Doctor, date: dt.date, now: dt.datetime, appointment_type: int | None = None
) -> list[Slot]:
    """Return a doctor's open slots of one date for doctors and staff.

    The limits of patients and the patients' other appointments do not matter. ``appointment_type``
    is the primary key of a type; None: the default one.
    """
    criteria = criteria_for_booking_patients(now, appointment_type)
    return open_slots([doctor], criteria, date, 1).get(doctor.pk, [])


def busy_code(appointment: Appointment, *, moving: int | None = None) -> SlotUnavailableCode | None:
    """Return which party has another appointment at this time, the doctor first; None if none.

    Each party is asked for the time that this appointment takes of that party: the doctor's has
    buffers. The appointment with the primary key ``moving`` is ignored.
    """
    overlapping = Q()
    for person, span in appointment.busy_spans().items():
        overlapping |= Q(person=person, tick__gte=span.start, tick__lt=span.stop)
    ticks = BusyTick.objects.filter(overlapping).exclude(appointment=moving)
    busy = set(ticks.values_list("person", flat=True))
    if appointment.doctor.user_id in busy:
        return SlotUnavailableCode.SLOT_TAKEN
    return SlotUnavailableCode.PATIENT_BUSY if busy else None


def dates_in_window(window: BookingWindow, start: dt.date, days: int) -> list[dt.date]:
    """Return those of the ``days`` dates from ``start`` that can have slots in the window."""
    first = max(start, window.now.date())
    # Clipped before anything is added to a date: a client can ask for the year 9999, and
    # the midnight after its last day overflows.
    last = window.last_day or dt.date.max - dt.timedelta(days=1)
    length = min(days - (first - start).days, (last - first).days + 1)
    return [first + dt.timedelta(days=n) for n in range(length)]


class OutsideReason(StrEnum):
    """Why a time is not one at which a doctor works, the strongest reason first."""

    CLOSURE = "closure"
    TIME_OFF = "time_off"
    HOURS = "hours"


class Outside(NamedTuple):
    """Why a time is not one at which a doctor works. ``name`` is that of the closure, or empty."""

    reason: OutsideReason
    name: str = ""


def why_outside(doctor: Doctor, slot: Slot, before: int = 0, after: int = 0) -> Outside | None:
    """Return why ``slot`` is outside the doctor's working time; None if it is inside.

    ``before`` and ``after`` are the buffers in minutes, which time off must not overlap. Slot
    boundaries and other appointments do not matter: doctors and staff are not bound by them.
    """
    [calendar] = load_offered_time([doctor], [slot.date]).values()
    return why_outside_calendar(calendar, slot, before, after)


def why_outside_calendar(
    calendar: DoctorCalendar, slot: Slot, before: int, after: int
) -> Outside | None:
    """Return why ``slot`` is outside the working time of a loaded calendar; see ``why_outside``."""
    if slot.date in calendar.closed:
        return Outside(OutsideReason.CLOSURE, calendar.closed[slot.date])
    if calendar.time_off:
        span = slot.ticks_with_buffers(before, after)
        if any(ticks.start < span.stop and span.start < ticks.stop for ticks in calendar.time_off):
            return Outside(OutsideReason.TIME_OFF)
    start, end = minute_of_day(slot.time), slot.end_minute
    if any(hours.start <= start and end <= hours.stop for hours in calendar.hours_on(slot.date)):
        return None
    return Outside(OutsideReason.HOURS)
