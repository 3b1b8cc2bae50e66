"""Assigns demo patients to open slots of demo doctors, without double bookings."""

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Iterator
from random import Random
from typing import NamedTuple

from clinic.booking.availability import open_slots
from clinic.booking.criteria import SlotCriteria
from clinic.booking.terms import Terms, terms_of_type, terms_without_type
from clinic.demo.people import DemoPeople
from clinic.demo.plan import MAX_PAST_WEEKS, DemoPlan
from clinic.models import AppointmentType, Doctor, OfferedType, Patient
from clinic.rules import BookingWindow
from clinic.slots import Slot


class DemoBooking(NamedTuple):
    """A slot that is to become an appointment on these terms."""

    slot: Slot
    doctor: Doctor
    patient: Patient
    terms: Terms


class _Candidate(NamedTuple):
    """An open slot of a doctor (primary key) for an appointment type; 0 stands for no type."""

    slot: Slot
    doctor_id: int
    appointment_type_id: int


def bookings_by_week(
    rng: Random, people: DemoPeople, plan: DemoPlan, zone: dt.tzinfo
) -> Iterator[list[DemoBooking]]:
    """Yield the planned number of bookings week by week, from the last week backwards.

    A week without enough slots leaves the remainder to the earlier weeks. The bookings of
    a week must be saved before the next week is requested: open slots are read from the
    database.
    """
    assigner = _Assigner(rng, people)
    remaining = plan.appointments
    for week in range(plan.future_weeks - 1, -MAX_PAST_WEEKS, -1):
        if not remaining:
            return
        first_day = plan.today + dt.timedelta(weeks=week)
        # The window starts on that day instead of today, because past slots are not open.
        window = BookingWindow(dt.datetime.combine(first_day, dt.time(), zone))
        limit = -(-remaining // max(week + plan.past_weeks + 1, 1))
        bookings = assigner.assign(window, limit)
        remaining -= len(bookings)
        yield bookings


class _Assigner:
    """Assigns random open slots to patients."""

    def __init__(self, rng: Random, people: DemoPeople) -> None:
        self.rng, self.people = rng, people
        self.doctors = {doctor.pk: doctor for doctor in people.doctors if doctor.approved}
        self.types: dict[int, AppointmentType] = {}
        # Doctors (primary keys) by the type that they offer, and those without types at 0.
        self.offered_by: dict[int, list[Doctor]] = {}
        untyped = dict(self.doctors)
        for row in OfferedType.objects.of_doctors(self.doctors):
            self.types[row.appointment_type_id] = row.appointment_type
            doctor = self.doctors[row.doctor_id]
            self.offered_by.setdefault(row.appointment_type_id, []).append(doctor)
            untyped.pop(row.doctor_id, None)
        self.offered_by[0] = list(untyped.values())

    def assign(self, window: BookingWindow, limit: int) -> list[DemoBooking]:
        """Return up to ``limit`` bookings of the week in which the window opens.

        Patients have at most one a day. No doctor has two at the same time, buffers included,
        or more of a type on one day than its limit.
        """
        candidates = self._candidates(window)
        self.rng.shuffle(candidates)
        # The first doctor and the first patient, whose emails are printed, meet in every week.
        first_doctor = self.people.doctors[0].pk
        printed = next((item for item in candidates if item.doctor_id == first_doctor), None)
        candidates.sort(key=lambda candidate: candidate != printed)
        free_patients: dict[dt.date, list[Patient]] = {}
        busy: dict[int, set[int]] = defaultdict(set)
        per_day: Counter[tuple[int, int, dt.date]] = Counter()
        bookings: list[DemoBooking] = []
        for slot, doctor_id, type_id in candidates:
            if len(bookings) == limit:
                break
            doctor = self.doctors[doctor_id]
            terms = self._terms(doctor, type_id)
            span = terms.doctor_ticks(slot)
            day = (doctor_id, type_id, slot.date)
            is_full = terms.max_per_day is not None and per_day[day] >= terms.max_per_day
            if is_full or not busy[doctor_id].isdisjoint(span):
                continue
            if slot.date not in free_patients:
                patients = self.people.patients
                free_patients[slot.date] = self.rng.sample(patients, len(patients))
            free = free_patients[slot.date]
            if not bookings:
                free.sort(key=lambda patient: patient == self.people.patients[0])
            if free:
                bookings.append(DemoBooking(slot, doctor, free.pop(), terms))
                busy[doctor_id].update(span)
                per_day[day] += 1
        return bookings

    def _terms(self, doctor: Doctor, type_id: int) -> Terms:
        return (
            terms_of_type(self.types[type_id])
            if type_id
            else terms_without_type(doctor.slot_minutes)
        )

    def _candidates(self, window: BookingWindow) -> list[_Candidate]:
        """Return the open slots of the week for each type, in a fixed order."""
        candidates = [
            _Candidate(slot, pk, type_id)
            for type_id, doctors in self.offered_by.items()
            for pk, slots in open_slots(
                doctors,
                # Not as patients: doctors and staff book some types, and limits are counted here.
                SlotCriteria(window, appointment_type=type_id or None, for_patients=False),
                window.now.date(),
                7,
            ).items()
            for slot in slots
        ]
        # By a key: comparing slots with each other takes several times as long.
        candidates.sort(
            key=lambda item: (
                *(item.slot.date, item.slot.time),
                *(item.doctor_id, item.appointment_type_id),
            )
        )
        return candidates
