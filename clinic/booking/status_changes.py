"""The service functions that change the status of an appointment, or record an arrival.

Parameters and errors are those of ``services``.
"""

import datetime as dt

from django.core.exceptions import ValidationError

from clinic.booking.access import find_appointment, require_transition
from clinic.booking.criteria import criteria_for_appointment
from clinic.booking.placement import place, with_alternative_slots
from clinic.booking.recording import record_change
from clinic.errors import BookingErrorCode, booking_error
from clinic.models import Appointment, AppointmentChange, Status
from clinic.rules import ActingRole, Action
from users.common.transactions import atomic_with_retry
from users.models import User

REASON = AppointmentChange._meta.get_field("reason")  # noqa: SLF001 - Django documents _meta as public


@atomic_with_retry
def confirm(
    *, actor: User, appointment_id: int | None, now: dt.datetime, as_staff: bool = False
) -> Appointment:
    """Accept a pending appointment as its doctor or as staff, also after its start."""
    return _change_status(Action.CONFIRM, actor, appointment_id, now, as_staff=as_staff)


@atomic_with_retry
def complete(
    *, actor: User, appointment_id: int | None, now: dt.datetime, as_staff: bool = False
) -> Appointment:
    """Record as its doctor or as staff that a confirmed appointment took place."""
    return _change_status(Action.COMPLETE, actor, appointment_id, now, as_staff=as_staff)


@atomic_with_retry
def record_no_show(
    *, actor: User, appointment_id: int | None, now: dt.datetime, as_staff: bool = False
) -> Appointment:
    """Record as its doctor or as staff that the patient did not come."""
    return _change_status(Action.RECORD_NO_SHOW, actor, appointment_id, now, as_staff=as_staff)


@atomic_with_retry
def record_arrival(
    *, actor: User, appointment_id: int | None, now: dt.datetime, as_staff: bool = False
) -> Appointment:
    """Record as its doctor or as staff that the patient has arrived, on the day of the appointment.

    The status stays CONFIRMED. A second call keeps the time of the first one.
    """
    appointment, role = find_appointment(actor, appointment_id, as_staff=as_staff)
    require_transition(Action.RECORD_ARRIVAL, role, appointment, now)
    if appointment.arrived_at is not None:
        return appointment
    appointment.arrived_at = now
    appointment.save()
    return record_change(appointment, actor, role, now)


@atomic_with_retry
def cancel(
    *,
    actor: User,
    appointment_id: int | None,
    reason: str = "",
    now: dt.datetime,
    as_staff: bool = False,
    notify: bool = True,
) -> Appointment:
    """Cancel a pending or confirmed appointment and free its time.

    Patients can do so until its cancellation notice. Unless ``notify``, nobody is emailed.
    """
    return _change_status(
        Action.CANCEL,
        actor,
        appointment_id,
        now,
        as_staff=as_staff,
        reason=reason,
        notify=notify,
    )


@with_alternative_slots
@atomic_with_retry
def reopen(
    *,
    actor: User,
    appointment_id: int | None,
    reason: str,
    now: dt.datetime,
    as_staff: bool = False,
    allow_outside: bool = True,
) -> Appointment:
    """Make a cancelled, completed or missed appointment CONFIRMED again, as its doctor or as staff.

    A cancelled one must be still to come, and its time must still be free. ``reason`` is required
    and stored in the history. Only a bookable doctor can reopen a cancelled appointment, which
    gives access to the patient's record again.
    """
    appointment, role = find_appointment(actor, appointment_id, as_staff=as_staff)
    status = require_transition(Action.REOPEN, role, appointment, now)
    _require_reason(reason)
    was_cancelled = not appointment.is_live
    if was_cancelled and role is ActingRole.DOCTOR and not appointment.doctor.is_bookable:
        raise booking_error(BookingErrorCode.NOT_FOUND, "id")
    appointment.status, appointment.cancellation_reason = status, ""
    if not was_cancelled:
        appointment.save()
        return record_change(appointment, actor, role, now, reason=reason)
    criteria = criteria_for_appointment(appointment, role, now)
    return place(appointment, actor, role, criteria, allow_outside=allow_outside, reason=reason)


def _require_reason(reason: str) -> None:
    """Raise ValidationError for a reason that is missing or cannot be stored."""
    if not reason.strip():
        raise booking_error(BookingErrorCode.REQUIRED, "reason")
    try:
        REASON.run_validators(reason)
    except ValidationError as error:
        raise ValidationError({"reason": error.error_list}) from error


def _change_status(
    action: Action,
    actor: User,
    appointment_id: int | None,
    now: dt.datetime,
    *,
    as_staff: bool,
    reason: str = "",
    notify: bool = True,
) -> Appointment:
    appointment, role = find_appointment(actor, appointment_id, as_staff=as_staff)
    appointment.status = require_transition(action, role, appointment, now)
    appointment.pending_since = None
    if appointment.status == Status.CANCELLED:
        appointment.cancellation_reason = reason
    appointment.save()
    freed = () if appointment.is_live else appointment.busy_days()
    return record_change(appointment, actor, role, now, days=freed, reason=reason, notify=notify)
