"""Limits on what patients can do, counted under the lock of the people involved."""

import datetime as dt
from itertools import pairwise

from clinic.errors import BookingErrorCode, booking_error
from clinic.models import Appointment
from users.models import User

# Moves of one appointment by its patient. Each emails two people.
MAX_MOVES_PER_DAY = 10


def require_moves_left(appointment: Appointment, patient: User, now: dt.datetime) -> None:
    """Raise ``too_many_moves`` if ``patient`` moved the appointment too often within 24 hours.

    The appointment must be locked, so that the count is exact.
    """
    # Subtracted in UTC: Python subtracts from a local time by the wall clock.
    since = now.astimezone(dt.UTC) - dt.timedelta(days=1)
    history = appointment.history.order_by("pk").values_list(
        "date", "time", "changed_by", "changed_at"
    )
    moves = sum(
        (date, time) != before[:2] and changed_by == patient.pk and changed_at > since
        for before, (date, time, changed_by, changed_at) in pairwise(history)
    )
    if moves >= MAX_MOVES_PER_DAY:
        raise booking_error(BookingErrorCode.TOO_MANY_MOVES)
