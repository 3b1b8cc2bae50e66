"""Races of appointment types: the limit a day, buffers, and a type that is edited meanwhile."""

import datetime as dt
from collections.abc import Sequence
from functools import partial

from clinic.models import Appointment
from clinic.models.appointment_type import BookableBy
from clinic.slots import GRID_MINUTES, time_of
from tests.races import tasks
from tests.races.clients import Task
from tests.races.people import People
from tests.support.fixtures.people import offer_type

MINUTES = 30
BUFFER_MINUTES = 20
# Of the two versions between which the type is edited: length, buffers and notice.
VERSIONS = ((30, 0, 0, 0), (60, 10, 15, 120))
BOOKABLE_BY = (BookableBy.PATIENTS, BookableBy.STAFF)


def last_place_of_a_day(people: People) -> list[Task]:
    """Each patient books another slot of a day on which the doctor takes one appointment."""
    offer_type(people.dora, max_per_day=1)
    slots = [time_of(minute) for minute in range(9 * 60, 17 * 60, MINUTES)]
    return [
        partial(tasks.book_as_patient, patient.user_id, people.dora.pk, slots[number % len(slots)])
        for number, patient in enumerate(people.patients)
    ]


def last_place_with_one_key(people: People) -> list[Task]:
    """One patient sends the same request many times, whose first attempt fills the day."""
    offer_type(people.dora, max_per_day=1)
    patient = people.patients[0]
    return [
        partial(tasks.book_with_key, patient.user_id, people.dora.pk, dt.time(9), "one key")
        for _ in people.patients
    ]


def touching_buffers(people: People) -> list[Task]:
    """Staff book appointments that do not overlap, but whose buffers do, around midnight.

    Two of them can be booked only if one ends 40 minutes before the other starts.
    """
    offer_type(
        people.dora,
        duration_minutes=GRID_MINUTES,
        buffer_before_minutes=BUFFER_MINUTES,
        buffer_after_minutes=BUFFER_MINUTES,
    )
    days = (tasks.TUESDAY, tasks.TUESDAY + dt.timedelta(days=1))
    starts = [
        (
            days[number % 2],
            time_of(23 * 60 + 55 - number % 8 * 5 if number % 2 == 0 else number % 8 * 5),
        )
        for number, _ in enumerate(people.patients)
    ]
    return [
        partial(tasks.book_as_staff, people.staff.pk, people.dora.pk, patient.pk, time, date)
        for (date, time), patient in zip(starts, people.patients, strict=True)
    ]


def adjacent_buffers(people: People) -> list[Task]:
    """Staff book two times whose buffers are adjacent, at five past midnight; both are possible."""
    offer_type(
        people.dora,
        duration_minutes=GRID_MINUTES,
        buffer_before_minutes=BUFFER_MINUTES,
        buffer_after_minutes=BUFFER_MINUTES,
    )
    starts = (
        (tasks.TUESDAY, dt.time(23, 40)),
        (tasks.TUESDAY + dt.timedelta(days=1), dt.time(0, 25)),
    )
    return [
        partial(
            tasks.book_as_staff,
            *(people.staff.pk, people.dora.pk, patient.pk),
            time=starts[number % 2][1],
            date=starts[number % 2][0],
        )
        for number, patient in enumerate(people.patients)
    ]


def check_booked(_people: People, _outcomes: Sequence[str]) -> list[str]:
    """At least one client has booked."""
    return [] if Appointment.objects.live().exists() else ["no appointment"]


def edited_type(people: People) -> list[Task]:
    """Half of the clients edit the type that the other half books."""
    type_ = offer_type(people.dora)
    slots = [time_of(minute) for minute in range(9 * 60, 17 * 60, 2 * MINUTES)]
    return [
        partial(tasks.edit_type, type_.pk, *VERSIONS[number // 2 % 2])
        if number % 2
        else partial(
            tasks.book_as_patient,
            patient.user_id,
            people.dora.pk,
            slots[number // 2 % len(slots)],
        )
        for number, patient in enumerate(people.patients)
    ]


def check_terms(_people: People, _outcomes: Sequence[str]) -> list[str]:
    """Appointments were booked, with the length, buffers and notice of one version of the type."""
    columns = (
        *("duration_minutes", "buffer_before_minutes", "buffer_after_minutes"),
        "cancellation_notice_minutes",
    )
    booked = set(Appointment.objects.values_list(*columns))
    return [] if booked and booked <= set(VERSIONS) else [f"no or mixed terms: {booked}"]


def published_type(people: People) -> list[Task]:
    """Every fourth client makes the doctor's only type bookable by patients, or not any more.

    It is as long as the doctor's slots. The other clients book without naming a type.
    """
    type_ = offer_type(people.dora, bookable_by=BookableBy.STAFF, buffer_after_minutes=MINUTES)
    slots = [time_of(minute) for minute in range(9 * 60, 17 * 60, 2 * MINUTES)]
    return [
        partial(tasks.set_bookable_by, type_.pk, BOOKABLE_BY[number // 4 % 2])
        if number % 4 == 0
        else partial(
            tasks.book_as_patient, patient.user_id, people.dora.pk, slots[number % len(slots)]
        )
        for number, patient in enumerate(people.patients)
    ]


def check_types(people: People, _outcomes: Sequence[str]) -> list[str]:
    """No appointment was booked without the type, which the doctor offered all the time.

    All clients can come while patients cannot book the type. So one more books after the race.
    """
    [offered] = people.dora.offered_types.all()
    tasks.set_bookable_by(offered.appointment_type_id, BookableBy.PATIENTS)
    later = [
        tasks.book_as_patient(people.patients[0].user_id, people.dora.pk, time_of(minute))
        for minute in range(9 * 60, 17 * 60, 2 * MINUTES)
    ]
    without = Appointment.objects.filter(appointment_type=None).count()
    booked = Appointment.objects.exclude(appointment_type=None).exists()
    wrong = [f"{without} appointments without a type"] if without else []
    return wrong if booked else [*wrong, f"nobody could book: {set(later)}"]
