"""The booking service that leads to a status, for forms and actions that let staff choose one."""

import datetime as dt

from clinic.booking import status_changes
from clinic.models import Appointment, Status
from users.models import User


def change_status(
    appointment_id: int, status: str, actor: User, now: dt.datetime, *, reason: str = ""
) -> Appointment:
    """Change the status as staff; ``reason`` is that of a cancellation."""
    if status == Status.CANCELLED:
        return status_changes.cancel(
            actor=actor, appointment_id=appointment_id, reason=reason, now=now, as_staff=True
        )
    service = {
        Status.CONFIRMED: status_changes.confirm,
        Status.COMPLETED: status_changes.complete,
        Status.NO_SHOW: status_changes.record_no_show,
    }[Status(status)]
    return service(actor=actor, appointment_id=appointment_id, now=now, as_staff=True)
