"""Assigns demo patients to open slots of demo doctors, without double bookings."""

import datetime as dt
from collections.abc import Iterator
from random import Random
from typing import NamedTuple

from clinic.booking.availability import SlotCriteria, open_slots
from clinic.demo.people import DemoPeople
from clinic.demo.plan import MAX_PAST_WEEKS, DemoPlan
from clinic.models import Doctor, Patient
from clinic.rules import BookingWindow
from clinic.slots import Slot


class DemoBooking(NamedTuple):
    """A slot that is to become an appointment."""

    slot: Slot
    doctor: Doctor
    patient: Patient


def bookings_by_week(
    rng: Random, people: DemoPeople, plan: DemoPlan, zone: dt.tzinfo
) -> Iterator[list[DemoBooking]]:
    """Yield the planned number of bookings week by week, from the last week backwards.

    A week without enough slots leaves the remainder to the earlier weeks. The bookings of
    a week must be saved before the next week is requested: open slots are read from the
    database.
    """
    bookable = [doctor for doctor in people.doctors if doctor.approved]
    remaining = plan.appointments
    for week in range(plan.future_weeks - 1, -MAX_PAST_WEEKS, -1):
        if not remaining:
            return
        first_day = plan.today + dt.timedelta(weeks=week)
        # The window starts on that day instead of today, because past slots are not open.
        window = BookingWindow(dt.datetime.combine(first_day, dt.time(), zone))
        slots = open_slots(bookable, SlotCriteria(window), first_day, 7)
        limit = -(-remaining // max(week + plan.past_weeks + 1, 1))
        bookings = _assign_slots(rng, people, slots, limit)
        remaining -= len(bookings)
        yield bookings


def _assign_slots(
    rng: Random, people: DemoPeople, slots: dict[int, list[Slot]], limit: int
) -> list[DemoBooking]:
    """Assign up to ``limit`` random slots of a week to patients, at most one a day to each."""
    candidates = sorted((slot, pk) for pk, open_ in slots.items() for slot in open_)
    rng.shuffle(candidates)
    # The first doctor and the first patient, whose emails are printed, meet in every week.
    first_doctor = people.doctors[0].pk
    printed = next((candidate for candidate in candidates if candidate[1] == first_doctor), None)
    candidates.sort(key=lambda candidate: candidate != printed)
    doctors = {doctor.pk: doctor for doctor in people.doctors}
    free_patients: dict[dt.date, list[Patient]] = {}
    bookings: list[DemoBooking] = []
    for slot, doctor_id in candidates:
        if len(bookings) == limit:
            break
        if slot.date not in free_patients:
            free_patients[slot.date] = rng.sample(people.patients, len(people.patients))
        free = free_patients[slot.date]
        if not bookings:
            free.sort(key=lambda patient: patient == people.patients[0])
        if free:
            bookings.append(DemoBooking(slot, doctors[doctor_id], free.pop()))
    return bookings
