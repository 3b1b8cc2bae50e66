"""What has changed since a page was loaded, for pages that ask every second.

Pages poll instead of opening a WebSocket: polling works without Redis and with several processes,
under WSGI, and through every proxy, and reports what commands and other servers have changed. It
costs a few queries by primary key, and for the usual answer, nothing new, a response without body.
"""

import hashlib
import json
from typing import Any

from django.db.models import Max

from clinic.admin.calendar.feeds import Json, describe_unavailable
from clinic.admin.calendar.periods import Period
from clinic.models import AppointmentChange

# A transaction that began earlier can commit later: its entry then has a lower number than one that
# a page has already received. Each answer therefore repeats so many numbers.
REPEATED = 100
MAX_CHANGES = 500


def position_of(period: Period) -> Json:
    """Return the number of the latest history entry of all, and the repeated ones of the period.

    A page that is loaded after this has what they changed. Two queries.
    """
    last = AppointmentChange.objects.aggregate(last=Max("pk"))["last"] or 0
    repeated = changes_since(period, last)["changes"]
    return {"last": last, "seen": [number for number, _appointment in repeated]}


def changes_since(period: Period, after: int) -> Json:
    """Return the history entries after the number ``after``, and some before it.

    Each is a pair of its number and the appointment. Appointments that the doctors of the period
    have now, or had before one of their changes. ``is_complete`` is false if there are too many,
    and the page has to load everything again.
    """
    recent = AppointmentChange.objects.filter(
        pk__gt=after - REPEATED, appointment__history__doctor__in=period.doctors
    )
    pairs = recent.order_by("pk").values_list("pk", "appointment").distinct()
    found = list(pairs[: MAX_CHANGES + 1])
    return {"is_complete": len(found) <= MAX_CHANGES, "changes": [list(pair) for pair in found]}


def version_of(value: Any) -> str:
    """Return a text that differs if the value does."""
    data = json.dumps(value, sort_keys=True).encode()
    return hashlib.sha256(data).hexdigest()[:32]


def availability_version(period: Period) -> str:
    """Return a text that differs if the doctors' hours, time off or the closures do."""
    return version_of(describe_unavailable(period))
