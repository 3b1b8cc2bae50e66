"""Races for the limit of dependants, and of two guardians who leave at the same time."""

import datetime as dt
from collections.abc import Sequence
from functools import partial

from django.conf import settings

from clinic.guardians import NewDependant, add_dependant, add_guardian
from clinic.models import Appointment, Guardian, Relationship
from clinic.slots import time_of
from tests.races import tasks
from tests.races.clients import Task
from tests.races.people import People, booked_appointment

BORN = dt.date(2018, 6, 1)


def last_dependant(people: People) -> list[Task]:
    """A user who acts for all but one of the allowed patients adds many at once."""
    user = people.newcomer
    Guardian.objects.filter(user=user).delete()
    for number in range(settings.MAX_DEPENDANTS - 1):
        add_dependant(user, NewDependant(f"Child {number}", "Example", BORN), Relationship.PARENT)
    return [partial(tasks.add_dependant, user.pk) for _ in people.patients]


def both_guardians_leave(people: People) -> list[Task]:
    """The two guardians of a child with an open appointment end their rights at once."""
    first, second = people.staff, people.newcomer
    Guardian.objects.filter(user__in=(first, second)).delete()
    child = NewDependant("Kim", "Example", BORN)
    kim = add_dependant(first, child, Relationship.PARENT)
    add_guardian(kim, second, Relationship.PARENT)
    booked_appointment(people.dora, kim, dt.time(9))
    return [
        partial(tasks.remove_dependant, (first, second)[number % 2].pk, kim.pk)
        for number, _ in enumerate(people.patients)
    ]


def guardian_leaves_while_booking(people: People) -> list[Task]:
    """One client ends the right of the only guardian, and the others book for the child."""
    guardian = people.newcomer
    Guardian.objects.filter(user=guardian).delete()
    child = NewDependant("Kim", "Example", BORN)
    kim = add_dependant(guardian, child, Relationship.PARENT)
    bookings = [
        partial(
            tasks.book_for_dependant,
            guardian.pk,
            people.dora.pk,
            kim.pk,
            time_of(9 * 60 + number % 16 * 30),
        )
        for number, _ in enumerate(people.patients[1:])
    ]
    return [partial(tasks.remove_dependant, guardian.pk, kim.pk), *bookings]


def check_guardian_is_left(people: People, _outcomes: Sequence[str]) -> list[str]:
    """If appointments were booked, the guardian is left: somebody can change them."""
    is_left = Guardian.objects.filter(user=people.newcomer).exists()
    return ["nobody acts for the child"] if Appointment.objects.exists() and not is_left else []
