"""Races for the last place of a limit, which only the locks on the people prevent."""

import datetime as dt
from functools import partial

from clinic.booking.limits import MAX_MOVES_PER_DAY
from clinic.slots import time_of
from tests.races import tasks
from tests.races.clients import Task
from tests.races.people import People, booked_appointment

NINE, NOON = dt.time(9), dt.time(12)
DAY = dt.timedelta(days=1)
SATURDAY = 5


def last_move_of_a_day(people: People) -> list[Task]:
    """A patient who moved an appointment nine times moves it to many free slots at once."""
    patient = people.patients[0]
    appointment = booked_appointment(people.dora, patient, NINE)
    [booking] = appointment.history.all()
    for number in range(1, MAX_MOVES_PER_DAY):
        # Away and back: the last one is at nine, where the appointment is.
        booking.pk, booking.time = None, (NINE if number % 2 == 0 else NOON)
        booking.date = tasks.TUESDAY if booking.time == NINE else tasks.TUESDAY + DAY
        booking.save(force_insert=True)
    appointment.date, appointment.time = booking.date, booking.time
    appointment.save()
    slots = [
        (tasks.TUESDAY + day * DAY, time_of(minute))
        for day in range(2, 14)
        for minute in range(9 * 60, 17 * 60, 30)
        if (tasks.TUESDAY + day * DAY).weekday() < SATURDAY
    ]
    return [
        partial(tasks.reschedule, patient.user_id, appointment.pk, time, date)
        for (date, time), _ in zip(slots, people.patients, strict=False)
    ]


def last_open_appointment(people: People) -> list[Task]:
    """A patient who can have one more appointment books many free slots of two doctors at once."""
    patient = people.patients[0]
    booked = booked_appointment(people.dora, patient, NINE)
    booked.booked_by_patient = True
    booked.save()
    slots = [
        (doctor.pk, time_of(minute))
        for minute in range(10 * 60, 17 * 60, 30)
        for doctor in (people.dora, people.emil)
    ]
    return [
        partial(tasks.book_within_limit, patient.user_id, *slots[number % len(slots)], 2)
        for number, _ in enumerate(people.patients)
    ]
