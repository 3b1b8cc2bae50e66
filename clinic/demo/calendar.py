"""Who sees whom, and when: the demo's appointments, dealt out over open slots."""

import datetime as dt
from collections.abc import Iterator
from random import Random
from typing import NamedTuple

from clinic.booking.availability import SlotCriteria, open_slots
from clinic.demo.people import Clinic
from clinic.demo.plan import MOST_PAST_WEEKS, DemoPlan
from clinic.models import Doctor, Patient
from clinic.rules import BookingWindow
from clinic.slots import Slot


class Meeting(NamedTuple):
    slot: Slot
    doctor: Doctor
    patient: Patient


def weeks_of_meetings(
    rng: Random, clinic: Clinic, plan: DemoPlan, zone: dt.tzinfo
) -> Iterator[list[Meeting]]:
    """As many meetings as planned, a week at a time, from the last week back.

    A week that cannot hold its share leaves the rest to those before it.
    """
    bookable = [doctor for doctor in clinic.doctors if doctor.approved]
    left = plan.appointments
    for week in range(plan.coming_weeks - 1, -MOST_PAST_WEEKS, -1):
        if not left:
            return
        monday = plan.today + dt.timedelta(weeks=week)
        # Asked as of that day, so that the past has open slots too.
        window = BookingWindow(dt.datetime.combine(monday, dt.time(), zone))
        slots = open_slots(bookable, SlotCriteria(window), monday, 7)
        share = -(-left // max(week + plan.past_weeks + 1, 1))
        meetings = _deal(rng, clinic, slots, share)
        left -= len(meetings)
        yield meetings


def _deal(rng: Random, clinic: Clinic, slots: dict[int, list[Slot]], share: int) -> list[Meeting]:
    """Deal slots of a week to patients, one a day to each at most."""
    places = sorted((slot, pk) for pk, open_ in slots.items() for slot in open_)
    rng.shuffle(places)
    # The two who can sign in meet every week.
    own = next((place for place in places if place[1] == clinic.doctors[0].pk), None)
    places.sort(key=lambda place: place != own)
    doctors = {doctor.pk: doctor for doctor in clinic.doctors}
    queues: dict[dt.date, list[Patient]] = {}
    meetings: list[Meeting] = []
    for slot, doctor_id in places:
        if len(meetings) == share:
            break
        if slot.date not in queues:
            queues[slot.date] = rng.sample(clinic.patients, len(clinic.patients))
        queue = queues[slot.date]
        if not meetings:
            queue.sort(key=lambda patient: patient == clinic.patients[0])
        if queue:
            meetings.append(Meeting(slot, doctors[doctor_id], queue.pop()))
    return meetings
