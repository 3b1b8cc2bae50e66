"""The state of the database against its rules, once everybody has had their way."""

from itertools import combinations

from clinic.models import Appointment, BusyTick
from tests.support.booking import expected_ticks, stored_ticks


def double_bookings() -> int:
    """How many pairs of live appointments share a person and a minute."""
    appointments = [
        (set(appointment.people), appointment.date, set(appointment.slot.ticks))
        for appointment in Appointment.objects.live().with_people()
    ]
    return sum(
        1 for one, other in combinations(appointments, 2) if one[0] & other[0] and one[2] & other[2]
    )


def ticks_astray() -> list[str]:
    """Nothing if the ticks are those of the live appointments."""
    stored, expected = stored_ticks(), sorted(expected_ticks())
    if stored == expected:
        return []
    return [f"{BusyTick.objects.count()} ticks stored, {len(expected)} expected"]


def history_astray() -> list[str]:
    """Nothing if every appointment's history ends as the appointment stands now."""
    return [
        f"appointment {appointment.pk}: history of {len(lines)} ends otherwise"
        for appointment in Appointment.objects.filter(booked_by__isnull=False)
        if not (lines := list(appointment.history.values_list("status", "date", "time")))
        or lines[-1] != (appointment.status, appointment.date, appointment.time)
    ]
