"""Events that the service functions publish after their transaction has committed.

Events hold primary keys and dates, no personal data. Listeners are registered with
:func:`listen` when the server starts.
"""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass

from django.db import transaction

from users.listeners import add_once


@dataclass(frozen=True, slots=True)
class AppointmentChanged:
    """An appointment was booked or changed.

    ``appointment`` is its primary key; ``people`` are the user ids of doctor and patient, of
    the doctor before the change if that was another one, and of their assistants and guardians,
    ascending.
    """

    appointment: int
    people: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class AvailabilityChanged:
    """The open slots of a doctor changed.

    ``doctor`` is the primary key of the Doctor. ``date`` is on the clinic's calendar; None
    means that several days can be affected.
    """

    doctor: int
    date: dt.date | None


Event = AppointmentChanged | AvailabilityChanged
Listener = Callable[[list[Event]], None]

_listeners: list[Listener] = []


def listen(listener: Listener) -> None:
    """Call ``listener`` with the events of each transaction that commits."""
    add_once(_listeners, listener)


def announce(*events: Event) -> None:
    """Pass the events to every listener after commit. Errors of a listener are only logged."""
    for listener in _listeners:
        transaction.on_commit(_call(listener, list(events)), robust=True)


def _call(listener: Listener, events: list[Event]) -> Callable[[], None]:
    # Not functools.partial(): Django logs a failed callback by its __qualname__.
    def call() -> None:
        listener(events)

    return call
