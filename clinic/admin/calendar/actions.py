"""Changes of an appointment in the calendar: its time and doctor, and its status."""

import datetime as dt
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from clinic.admin.appointment_forms import CONCURRENT_CHANGE
from clinic.admin.calendar.access import CHANGE_APPOINTMENT
from clinic.admin.calendar.booking import TimeForm
from clinic.booking import amendments, status_changes
from clinic.booking import services as booking
from clinic.booking.access import lock_appointment
from clinic.errors import BookingErrorCode, booking_error
from clinic.models import Appointment
from clinic.models.appointment import MAX_TEXT_LENGTH
from clinic.rules import Action
from users.models import User

# The actions of the panel that need no more than the appointment, besides "cancel".
SERVICES = {
    Action.CONFIRM: status_changes.confirm,
    Action.RECORD_ARRIVAL: status_changes.record_arrival,
    Action.COMPLETE: status_changes.complete,
    Action.RECORD_NO_SHOW: status_changes.record_no_show,
}
LABELS = {
    Action.CONFIRM: _("Confirm"),
    Action.RECORD_ARRIVAL: _("Arrived"),
    Action.COMPLETE: _("Complete"),
    Action.RECORD_NO_SHOW: _("No-show"),
}
CHANGED_FIELDS = {Action.RECORD_ARRIVAL: "arrived_at"}


class CancelForm(forms.Form):
    """Why the appointment is cancelled."""

    reason = forms.CharField(required=False, max_length=MAX_TEXT_LENGTH)


class MoveForm(TimeForm):
    """The new doctor and start; ``seen`` is what the page showed before."""

    seen = forms.CharField(max_length=100)


def seen_state(appointment: Appointment) -> str:
    """Return the doctor and the start, which a concurrent move changes."""
    return f"{appointment.doctor_id} {appointment.slot.start.isoformat()}"


def change_status(
    action: Action, actor: User, appointment_id: int, now: dt.datetime, reason: str = ""
) -> Appointment:
    """Perform an action of the panel; ``reason`` is that of a cancellation.

    As staff with the permission, otherwise as the doctor or an assistant. Raises the errors of the
    services.
    """
    as_staff = actor.has_perm(CHANGE_APPOINTMENT)
    common: dict[str, Any] = {
        "actor": actor,
        "appointment_id": appointment_id,
        "now": now,
        "as_staff": as_staff,
    }
    if action is Action.CANCEL:
        return status_changes.cancel(**common, reason=reason)
    return SERVICES[action](**common)


@transaction.atomic
def move(actor: User, appointment_id: int, data: dict[str, Any], now: dt.datetime) -> Appointment:
    """Move the appointment to another time, or also to another doctor.

    Only staff give it to another doctor. Raises the errors of ``reschedule`` and ``reassign``, and
    an error if somebody else has moved it since the page showed it.
    """
    # Without the lock it could be moved between this comparison and the service.
    lock_appointment(appointment_id)
    appointment = Appointment.objects.visible_to(actor).filter(pk=appointment_id).get_or_none()
    if appointment is None:
        raise booking_error(BookingErrorCode.NOT_FOUND, "id")
    if seen_state(appointment) != data["seen"]:
        raise ValidationError(CONCURRENT_CHANGE, code="changed_meanwhile")
    common: dict[str, Any] = {
        "actor": actor,
        "appointment_id": appointment_id,
        "date": data["date"],
        "time": data["time"],
        "now": now,
        "allow_outside": data["allow_outside"],
    }
    as_staff = actor.has_perm(CHANGE_APPOINTMENT)
    if data["doctor"] == appointment.doctor_id:
        return booking.reschedule(**common, as_staff=as_staff)
    if not as_staff:
        raise booking_error(BookingErrorCode.ROLE_REQUIRED)
    return amendments.reassign(**common, doctor_id=data["doctor"])
