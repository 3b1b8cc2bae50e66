"""Consistency checks of the database after a race."""

from itertools import combinations

from clinic.models import Appointment, BusyTick
from tests.support.booking import expected_ticks, stored_ticks


def double_bookings() -> int:
    """Count the pairs of live appointments that overlap and share a person."""
    appointments = [
        (set(appointment.people), appointment.date, set(appointment.slot.ticks))
        for appointment in Appointment.objects.live().with_people()
    ]
    return sum(
        1 for one, other in combinations(appointments, 2) if one[0] & other[0] and one[2] & other[2]
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
