"""Where the appointments of a doctor's day could move if the doctor is away on that day."""

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

from clinic.booking.availability import first_slots, why_outside_calendar
from clinic.booking.calendar_loading import load_offered_time
from clinic.booking.criteria import SlotCriteria
from clinic.booking.terms import Terms, terms_of_appointment
from clinic.models import Appointment, BusyTick, Doctor, OfferedType
from clinic.rules import BookingWindow
from clinic.slots import Slot

# How many slots are searched for each appointment: one that is taken by another appointment of
# the day can overlap several, and the patient can be busy at some.
SLOTS_PER_APPOINTMENT = 10


class DayOption(NamedTuple):
    """An appointment of the day, and where it could move.

    ``next_slot`` is a free time of the same doctor on a later day, another one for each
    appointment; None if none was found. ``doctors`` are the colleagues who work and are free at
    the same time, and who offer the type of the appointment or, if it has none, have the doctor's
    specialty.
    """

    appointment: Appointment
    next_slot: Slot | None
    doctors: list[Doctor]


def options_of_day(
    doctor: Doctor, appointments: Sequence[Appointment], now: dt.datetime
) -> list[DayOption]:
    """Return where each of the appointments, which are on one day of the doctor, could move.

    The number of queries depends on the number of different lengths and buffers only.
    """
    if not appointments:
        return []
    next_slots = _next_slots(doctor, appointments, now)
    colleagues = _free_colleagues(doctor, appointments)
    return [
        DayOption(appointment, next_slots.get(appointment.pk), colleagues[appointment.pk])
        for appointment in appointments
    ]


def _next_slots(
    doctor: Doctor, appointments: Sequence[Appointment], now: dt.datetime
) -> dict[int, Slot]:
    """Return a free time of the doctor after the day, by primary key; no two of them overlap."""
    start = appointments[0].date + dt.timedelta(days=1)
    limit = SLOTS_PER_APPOINTMENT * len(appointments)
    slots: dict[Terms, list[Slot]] = {}
    for terms in {terms_of_appointment(appointment) for appointment in appointments}:
        criteria = SlotCriteria(BookingWindow(now), terms=terms, for_patients=False)
        found = first_slots([doctor], criteria, start, limit=limit)
        slots[terms] = found.get(doctor.pk, [])
    patients = {appointment.patient.user_id for appointment in appointments}
    busy = _busy_ticks(patients, [slot.ticks for of_terms in slots.values() for slot in of_terms])
    chosen: dict[int, Slot] = {}
    taken: set[int] = set()
    for appointment in appointments:
        terms, patient = terms_of_appointment(appointment), appointment.patient.user_id
        for slot in slots[terms]:
            span = terms.doctor_ticks(slot)
            if taken.isdisjoint(span) and busy[patient].isdisjoint(slot.ticks):
                chosen[appointment.pk] = slot
                taken.update(span)
                busy[patient].update(slot.ticks)
                break
    return chosen


def _free_colleagues(
    doctor: Doctor, appointments: Sequence[Appointment]
) -> Mapping[int, list[Doctor]]:
    """Return the colleagues who could take each appointment, by its primary key."""
    types = {row.appointment_type_id for row in appointments if row.appointment_type_id}
    offered = set(
        OfferedType.objects.filter(appointment_type__in=types).values_list(
            "doctor", "appointment_type"
        )
    )
    of_specialty = Doctor.objects.of_specialty(doctor.specialty)
    qualified = of_specialty | Doctor.objects.filter(pk__in={pk for pk, _type in offered})
    colleagues = qualified.bookable().exclude(pk=doctor.pk).select_related("user").by_name()
    calendars = load_offered_time(colleagues, [appointments[0].date])
    spans = {appointment.pk: appointment.doctor_ticks for appointment in appointments}
    busy = _busy_ticks({row.user_id for row in colleagues}, spans.values())

    def can_take(colleague: Doctor, appointment: Appointment) -> bool:
        type_id = appointment.appointment_type_id
        is_qualified = (
            colleague.specialty_key == doctor.specialty_key
            if type_id is None
            else (colleague.pk, type_id) in offered
        )
        return (
            is_qualified
            and colleague.user_id != appointment.patient.user_id
            and busy[colleague.user_id].isdisjoint(spans[appointment.pk])
            and not why_outside_calendar(
                calendars[colleague.pk],
                appointment.slot,
                appointment.buffer_before_minutes,
                appointment.buffer_after_minutes,
            )
        )

    return {
        appointment.pk: [colleague for colleague in colleagues if can_take(colleague, appointment)]
        for appointment in appointments
    }


def _busy_ticks(people: Collection[int], spans: Iterable[range]) -> dict[int, set[int]]:
    """Return the busy ticks of people (user ids) between the first and the last of the spans."""
    busy: dict[int, set[int]] = defaultdict(set)
    periods = list(spans)
    if not periods:
        return busy
    ticks = BusyTick.objects.filter(
        person__in=people,
        tick__gte=min(period.start for period in periods),
        tick__lt=max(period.stop for period in periods),
    )
    for person, tick in ticks.values_list("person", "tick"):
        busy[person].add(tick)
    return busy
