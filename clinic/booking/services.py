"""The booking service functions: book, reschedule, confirm, complete, cancel.

GraphQL, the admin and commands create and change appointments only through these. Each
runs in one transaction, is given the acting user and the current time (aware, in the
clinic's zone), and raises

- ``ValidationError`` with the code of the broken rule (``not_found`` for an id of None);
- ``RoleRequired`` if the caller's role does not allow the action;
- ``SlotUnavailable`` if the time cannot be booked, with slots that can;
- ``TransactionConflict`` if the database rejected every attempt to run the transaction.
"""

import datetime as dt
from collections.abc import Callable
from dataclasses import replace
from functools import wraps
from typing import ParamSpec

from django.db import IntegrityError

from clinic.booking.access import find_appointment, find_parties
from clinic.booking.availability import (
    SlotCriteria,
    busy_code,
    criteria_for_rescheduling,
    first_slots,
    open_slots,
    patient_window,
)
from clinic.booking.limits import require_moves_left
from clinic.booking.requests import BookingRequest
from clinic.errors import (
    BookingErrorCode,
    RoleRequired,
    SlotUnavailable,
    SlotUnavailableCode,
    booking_error,
)
from clinic.events import announce_appointment
from clinic.models import Appointment, AppointmentChange, Doctor, Status
from clinic.notifications.tasks import notify_parties
from clinic.rules import (
    ActingRole,
    Action,
    BookingWindow,
    RuleViolation,
    can_act,
    find_transition,
)
from users.common.transactions import TransactionConflict, atomic_with_retry
from users.models import User
from users.querysets import first_or_none

P = ParamSpec("P")

ALTERNATIVE_SLOTS = 3


class _SlotConflict(Exception):
    """The time cannot be booked. Raised to roll back before alternatives are searched.

    ``code`` is None if a database constraint failed, which does not say who is busy.
    """

    def __init__(
        self,
        appointment: Appointment,
        criteria: SlotCriteria,
        code: SlotUnavailableCode | None = None,
    ) -> None:
        super().__init__(code)
        self.appointment, self.criteria, self.code = appointment, criteria, code


def _with_alternative_slots(service: Callable[P, Appointment]) -> Callable[P, Appointment]:
    """Turn a ``_SlotConflict`` into SlotUnavailable with the slots open after the rollback."""

    @wraps(service)
    def run(*args: P.args, **kwargs: P.kwargs) -> Appointment:
        try:
            return service(*args, **kwargs)
        except _SlotConflict as conflict:
            appointment, criteria = conflict.appointment, conflict.criteria
            code = conflict.code or busy_code(appointment, moving=criteria.moving)
            if code is None:
                # The conflicting appointment no longer exists; the client can retry.
                raise TransactionConflict from conflict
            slot, doctor = appointment.slot, appointment.doctor
            alternatives = first_slots(
                [doctor], criteria, slot.date, limit=ALTERNATIVE_SLOTS, after=slot
            )
            raise SlotUnavailable(
                code, alternatives.get(doctor.pk, []), patient_id=appointment.patient_id
            ) from conflict

    return run


@_with_alternative_slots
def book(
    *, actor: User, request: BookingRequest, now: dt.datetime, as_staff: bool = False
) -> Appointment:
    """Create an appointment: PENDING if booked by a patient, CONFIRMED by a doctor or staff.

    A patient books one of the doctor's open slots. A bookable doctor books one of their
    own patients at any free time in the future, and staff anybody. Returns the first
    booking in its current state if the request is a retry of it.
    """
    try:
        return _book(actor, request, now, as_staff=as_staff)
    except (_SlotConflict, TransactionConflict):
        # A concurrent retry of this same request may have booked the slot first.
        if replayed := _replay(actor, request):
            return replayed
        raise


@atomic_with_retry
def _book(actor: User, request: BookingRequest, now: dt.datetime, *, as_staff: bool) -> Appointment:
    role, doctor, patient = find_parties(actor, request, as_staff=as_staff)
    if replayed := _replay(actor, request):
        return replayed
    appointment = Appointment(
        doctor=doctor,
        patient=patient,
        date=request.date,
        time=request.time,
        duration_minutes=(
            doctor.slot_minutes if request.duration_minutes is None else request.duration_minutes
        ),
        reason_for_visit=request.reason_for_visit,
        status=Status.PENDING if role is ActingRole.PATIENT else Status.CONFIRMED,
        booked_by=actor,
        idempotency_key=request.stored_key,
        request_hash=request.fingerprint,
    )
    criteria = SlotCriteria(
        _window(role, now),
        frozenset({doctor.user_id, patient.user_id}),
        duration_minutes=appointment.duration_minutes,
    )
    _save_at_slot(appointment, role, criteria)
    return _record_change(appointment, actor, now, appointment.date)


@_with_alternative_slots
@atomic_with_retry
def reschedule(
    *,
    actor: User,
    appointment_id: int | None,
    date: dt.date,
    time: dt.time,
    now: dt.datetime,
    as_staff: bool = False,
) -> Appointment:
    """Move a pending or confirmed appointment; it keeps its id and its duration.

    A patient moves it to an open slot, and it is PENDING again. A doctor or staff move it
    to any free time in the future, and it keeps its status. The same date and time change
    nothing.
    """
    appointment, role = find_appointment(actor, appointment_id, as_staff=as_staff)
    status = _require_transition(Action.RESCHEDULE, role, appointment, now)
    bookable = Doctor.objects.bookable().filter(pk=appointment.doctor_id)
    if role is ActingRole.PATIENT and not bookable.exists():
        raise booking_error(BookingErrorCode.NOT_FOUND, "id")
    if (appointment.date, appointment.time) == (date, time):
        return appointment
    if role is ActingRole.PATIENT:
        require_moves_left(appointment, actor, now)
    days = {appointment.date, date}
    appointment.date, appointment.time, appointment.status = date, time, status
    criteria = criteria_for_rescheduling(appointment, now)
    _save_at_slot(appointment, role, replace(criteria, window=_window(role, now)))
    return _record_change(appointment, actor, now, *days)


@atomic_with_retry
def confirm(
    *, actor: User, appointment_id: int | None, now: dt.datetime, as_staff: bool = False
) -> Appointment:
    """Accept a pending appointment as its doctor or as staff, also after its start."""
    appointment, role = find_appointment(actor, appointment_id, as_staff=as_staff)
    return _change_status(Action.CONFIRM, role, appointment, actor, now)


@atomic_with_retry
def complete(
    *, actor: User, appointment_id: int | None, now: dt.datetime, as_staff: bool = False
) -> Appointment:
    """Record as its doctor or as staff that a confirmed appointment took place."""
    appointment, role = find_appointment(actor, appointment_id, as_staff=as_staff)
    return _change_status(Action.COMPLETE, role, appointment, actor, now)


@atomic_with_retry
def cancel(
    *,
    actor: User,
    appointment_id: int | None,
    reason: str = "",
    now: dt.datetime,
    as_staff: bool = False,
) -> Appointment:
    """Cancel a pending or confirmed appointment and free its time. Patients: before its start."""
    appointment, role = find_appointment(actor, appointment_id, as_staff=as_staff)
    appointment.cancellation_reason = reason
    return _change_status(Action.CANCEL, role, appointment, actor, now)


def _require_transition(
    action: Action, role: ActingRole, appointment: Appointment, now: dt.datetime
) -> Status:
    """Return the status to which ``action`` leads. Raises RoleRequired, ``invalid_transition``."""
    if not can_act(action, role):
        raise RoleRequired
    result = find_transition(action, role, appointment.status, appointment.slot, now)
    if isinstance(result, RuleViolation):
        raise booking_error(result.code, result.field, result.message)
    return result.target


def _change_status(
    action: Action, role: ActingRole, appointment: Appointment, actor: User, now: dt.datetime
) -> Appointment:
    appointment.status = _require_transition(action, role, appointment, now)
    appointment.save()
    freed = () if appointment.is_live else (appointment.date,)
    return _record_change(appointment, actor, now, *freed)


def _replay(actor: User, request: BookingRequest) -> Appointment | None:
    """Return what an earlier request with the same key booked; None if there is none.

    Raises ``idempotency_key_reused`` if that request was a different one.
    """
    if request.stored_key is None:
        return None
    booked = Appointment.objects.filter(booked_by=actor, idempotency_key=request.stored_key)
    # Few requests are retries, so the appointment itself is loaded only for those.
    fingerprint = first_or_none(booked.values_list("request_hash", flat=True))
    if fingerprint is None:
        return None
    if fingerprint != request.fingerprint:
        raise booking_error(BookingErrorCode.IDEMPOTENCY_KEY_REUSED, "idempotency_key")
    return booked.with_people().get_or_none()


def _window(role: ActingRole, now: dt.datetime) -> BookingWindow:
    """Return the booking window: lead time and horizon bind patients only."""
    return patient_window(now) if role is ActingRole.PATIENT else BookingWindow(now)


def _save_at_slot(appointment: Appointment, role: ActingRole, criteria: SlotCriteria) -> None:
    """Save the appointment at its date and time, if ``role`` can book that time.

    Raises ValidationError, or _SlotConflict.
    """
    # Not full_clean(), which reports the errors of both: for a duration outside the column's range
    # it would add a second error, which differs between databases.
    appointment.clean()
    appointment.clean_fields()
    slot, doctor = appointment.slot, appointment.doctor
    if violation := criteria.window.violation(slot):
        raise booking_error(violation.code, violation.field)
    if role is ActingRole.PATIENT:
        offered = open_slots([doctor], criteria, slot.date, 1)
        if slot not in offered.get(doctor.pk, []):
            code = busy_code(appointment, moving=criteria.moving)
            raise _SlotConflict(
                appointment, criteria, code or SlotUnavailableCode.OUTSIDE_AVAILABILITY
            )
    try:
        appointment.save()
    except IntegrityError as error:
        raise _SlotConflict(appointment, criteria) from error


def _record_change(
    appointment: Appointment, actor: User, now: dt.datetime, *days: dt.date
) -> Appointment:
    """Record the change in the history, publish the event and enqueue both notification emails.

    ``days`` are the dates whose open slots have changed.
    """
    change = AppointmentChange.objects.create(
        appointment=appointment,
        status=appointment.status,
        date=appointment.date,
        time=appointment.time,
        changed_at=now,
        changed_by=actor,
    )
    announce_appointment(appointment, *days)
    notify_parties.enqueue(change.pk)
    return appointment
