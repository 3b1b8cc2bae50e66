"""Consistency checks of the database after a race."""

from collections import defaultdict
from itertools import combinations

from clinic.models import Appointment, BusyTick
from tests.support.booking import expected_ticks, stored_ticks


def double_bookings() -> int:
    """Count the pairs of live appointments that need the same person at the same time.

    Buffers are time of the doctor.
    """
    ticks_by_appointment: dict[int, set[tuple[int, int]]] = defaultdict(set)
    for appointment, person, tick in expected_ticks():
        ticks_by_appointment[appointment].add((person, tick))
    return sum(
        not one.isdisjoint(other) for one, other in combinations(ticks_by_appointment.values(), 2)
    )


def tick_mismatches() -> list[str]:
    """Return a message if the stored ticks are not those of the live appointments."""
    stored, expected = stored_ticks(), sorted(expected_ticks())
    if stored == expected:
        return []
    return [f"{BusyTick.objects.count()} ticks stored, {len(expected)} expected"]


def history_mismatches() -> list[str]:
    """Return a message for each appointment that differs from the last entry of its history."""
    return [
        f"appointment {appointment.pk}: differs from the last of {len(entries)} history entries"
        for appointment in Appointment.objects.filter(booked_by__isnull=False)
        if not (entries := list(appointment.history.values_list("status", "date", "time")))
        or entries[-1] != (appointment.status, appointment.date, appointment.time)
    ]
