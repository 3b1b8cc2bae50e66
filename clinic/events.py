"""What the verbs announce once their transaction is committed: ids and times, nothing personal.

Whoever wants to hear of it calls :func:`listen` when the server starts.
"""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass

from django.db import transaction

from clinic.models import Appointment


@dataclass(frozen=True, slots=True)
class AppointmentChanged:
    """A visit was made, moved, confirmed, completed or cancelled; ``people`` are user ids."""

    appointment: int
    people: tuple[int, int]


@dataclass(frozen=True, slots=True)
class AvailabilityChanged:
    """A doctor has other open slots on a day of the clinic; on several, if None."""

    doctor: int
    date: dt.date | None


Event = AppointmentChanged | AvailabilityChanged
Listener = Callable[[list[Event]], None]

_listeners: list[Listener] = []


def listen(listener: Listener) -> None:
    """Call ``listener`` with the events of each transaction that commits."""
    _listeners.append(listener)


def announce(*events: Event) -> None:
    """Tell every listener after the commit; a listener that fails is logged and harms nothing."""
    for listener in _listeners:
        transaction.on_commit(_call(listener, list(events)), robust=True)


def _call(listener: Listener, events: list[Event]) -> Callable[[], None]:
    # No partial(): to log one that fails, Django asks for its name.
    def call() -> None:
        listener(events)

    return call


def announce_appointment(appointment: Appointment, *days: dt.date) -> None:
    """Announce that a visit changed, and with it what is open on ``days``."""
    announce(
        AppointmentChanged(appointment.pk, appointment.people),
        *(AvailabilityChanged(appointment.doctor_id, day) for day in sorted(set(days))),
    )
