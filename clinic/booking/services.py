"""The booking verbs: book, reschedule, confirm, complete, cancel.

The one way in which a visit is made or changed, for GraphQL, the admin and
commands alike. Each runs in one transaction, is told who acts and what time it
is (aware, the clinic's), and raises

- ``ValidationError``, whose code says which rule was broken (an id of None names nothing:
  ``not_found``);
- ``RoleRequired``, if the caller's side may not do this;
- ``SlotUnavailable``, if the time cannot be had, with what can;
- ``TransactionConflict``, if the database asked for another try and got none.
"""

import datetime as dt
from collections.abc import Callable
from dataclasses import replace
from functools import wraps
from typing import ParamSpec

from django.db import IntegrityError

from clinic.booking.access import find_appointment, find_as_doctor, parties_of
from clinic.booking.availability import (
    SlotCriteria,
    busy_people,
    criteria_for_rescheduling,
    first_slots,
    open_slots,
    patient_window,
)
from clinic.booking.requests import ActingRole, BookingRequest
from clinic.errors import BookingErrorCode, SlotUnavailable, SlotUnavailableCode, booking_error
from clinic.events import announce_appointment
from clinic.models import OPEN_STATUSES, Appointment, AppointmentChange, Doctor, Status
from clinic.notifications.tasks import notify_parties
from clinic.rules import BookingWindow, has_started
from users.common.querysets import first_or_none
from users.common.transactions import TransactionConflict, atomic_with_retry
from users.models import User

P = ParamSpec("P")

ALTERNATIVES = 3
NOT_STARTED = "The visit has not started yet."
STARTED = "The visit has started already."


class _SlotConflict(Exception):
    """The time cannot be had; raised to roll back before it is asked what can.

    ``code`` is None if the database said so, which does not say why.
    """

    def __init__(
        self, appointment: Appointment, wish: SlotCriteria, code: SlotUnavailableCode | None = None
    ) -> None:
        super().__init__(code)
        self.appointment, self.wish, self.code = appointment, wish, code


def _with_alternative_slots(verb: Callable[P, Appointment]) -> Callable[P, Appointment]:
    """Answer a conflict with the next slots, as they stand after the rollback."""

    @wraps(verb)
    def run(*args: P.args, **kwargs: P.kwargs) -> Appointment:
        try:
            return verb(*args, **kwargs)
        except _SlotConflict as conflict:
            visit, wish = conflict.appointment, conflict.wish
            code = conflict.code or _who_is_busy(visit, wish)
            if code is None:
                raise TransactionConflict from conflict  # whoever was in the way has gone since
            slot = visit.slot
            found = first_slots([visit.doctor], wish, slot.date, most=ALTERNATIVES, after=slot)
            raise SlotUnavailable(code, found.get(visit.doctor, [])) from conflict

    return run


@_with_alternative_slots
def book(
    *, actor: User, side: ActingRole, request: BookingRequest, now: dt.datetime
) -> Appointment:
    """Make a visit: PENDING from a patient, CONFIRMED from a doctor or staff.

    A patient takes one of the doctor's open slots. A doctor whom patients could book
    books one of their own patients at any free time to come. Returns the first
    booking, as it is now, if the request is a retry of it.
    """
    try:
        return _book(actor, side, request, now)
    except (_SlotConflict, TransactionConflict):
        # The one who took the time may have been this request's own twin.
        if replayed := _replay(actor, request):
            return replayed
        raise


@atomic_with_retry
def _book(actor: User, side: ActingRole, request: BookingRequest, now: dt.datetime) -> Appointment:
    doctor, patient = parties_of(actor, side, request)
    if replayed := _replay(actor, request):
        return replayed
    if side is ActingRole.PATIENT and request.duration_minutes is not None:
        raise booking_error(
            BookingErrorCode.INVALID, "duration_minutes", "The doctor sets how long it is."
        )
    appointment = Appointment(
        doctor=doctor,
        patient=patient,
        date=request.date,
        time=request.time,
        duration_minutes=(
            doctor.slot_minutes if request.duration_minutes is None else request.duration_minutes
        ),
        reason_for_visit=request.reason_for_visit,
        status=Status.PENDING if side is ActingRole.PATIENT else Status.CONFIRMED,
        booked_by=actor,
        idempotency_key=request.stored_key,
        request_hash=request.fingerprint,
    )
    wish = SlotCriteria(
        _window(side, now),
        frozenset({doctor.user_id, patient.user_id}),
        duration_minutes=appointment.duration_minutes,
    )
    _save_at_slot(appointment, side, wish)
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
    """Move a pending or confirmed visit; it keeps its id and its length.

    A patient moves it before it starts, to an open slot, and it is PENDING again;
    a doctor or staff move it to any free time to come, and it keeps its status.
    """
    appointment, side = find_appointment(actor, appointment_id, as_staff=as_staff)
    if not appointment.can_be_moved(now, by_patient=side is ActingRole.PATIENT):
        is_open = appointment.status in OPEN_STATUSES
        raise booking_error(
            BookingErrorCode.INVALID_TRANSITION, message=STARTED if is_open else None
        )
    bookable = Doctor.objects.bookable().filter(pk=appointment.doctor_id)
    if side is ActingRole.PATIENT and not bookable.exists():
        raise booking_error(BookingErrorCode.NOT_FOUND, "id")
    if (appointment.date, appointment.time) == (date, time):
        return appointment
    days = {appointment.date, date}
    appointment.date, appointment.time = date, time
    if side is ActingRole.PATIENT:
        appointment.status = Status.PENDING
    _save_at_slot(
        appointment,
        side,
        replace(criteria_for_rescheduling(appointment, now), window=_window(side, now)),
    )
    return _record_change(appointment, actor, now, *days)


@atomic_with_retry
def confirm(
    *, actor: User, appointment_id: int | None, now: dt.datetime, as_staff: bool = False
) -> Appointment:
    """The doctor accepts a pending visit, also once it is past."""
    appointment = find_as_doctor(actor, appointment_id, as_staff=as_staff)
    _require_status(appointment, {Status.PENDING})
    return _with_status(appointment, Status.CONFIRMED, actor, now)


@atomic_with_retry
def complete(
    *, actor: User, appointment_id: int | None, now: dt.datetime, as_staff: bool = False
) -> Appointment:
    """The doctor notes that a confirmed visit took place, once it has started."""
    appointment = find_as_doctor(actor, appointment_id, as_staff=as_staff)
    _require_status(appointment, {Status.CONFIRMED})
    if not has_started(appointment.slot, now):
        raise booking_error(BookingErrorCode.INVALID_TRANSITION, message=NOT_STARTED)
    return _with_status(appointment, Status.COMPLETED, actor, now)


@atomic_with_retry
def cancel(
    *,
    actor: User,
    appointment_id: int | None,
    reason: str = "",
    now: dt.datetime,
    as_staff: bool = False,
) -> Appointment:
    """Call a pending or confirmed visit off, and free its time. Patients: before it starts."""
    appointment, side = find_appointment(actor, appointment_id, as_staff=as_staff)
    _require_status(appointment, OPEN_STATUSES)
    if side is ActingRole.PATIENT:
        _require_not_started(appointment, now)
    appointment.cancellation_reason = reason
    return _with_status(appointment, Status.CANCELLED, actor, now)


def _replay(actor: User, request: BookingRequest) -> Appointment | None:
    """What an earlier request with the same key booked; refuse another under that key."""
    if request.stored_key is None:
        return None
    booked = Appointment.objects.filter(booked_by=actor, idempotency_key=request.stored_key)
    # Hardly any request is a retry, so the visit is loaded only if this one is.
    fingerprint = first_or_none(booked.values_list("request_hash", flat=True))
    if fingerprint is None:
        return None
    if fingerprint != request.fingerprint:
        raise booking_error(BookingErrorCode.IDEMPOTENCY_KEY_REUSED, "idempotency_key")
    return first_or_none(booked.with_people())


def _window(side: ActingRole, now: dt.datetime) -> BookingWindow:
    return patient_window(now) if side is ActingRole.PATIENT else BookingWindow(now)


def _save_at_slot(appointment: Appointment, side: ActingRole, wish: SlotCriteria) -> None:
    """Save the visit where it now stands, if ``side`` may have that time."""
    # By itself first: one wrong length is one answer, whatever range a database has.
    appointment.clean()
    appointment.full_clean(validate_unique=False, validate_constraints=False)
    slot, doctor = appointment.slot, appointment.doctor
    if problem := wish.window.problem(slot):
        raise booking_error(problem.code, problem.field)
    if side is ActingRole.PATIENT and slot not in open_slots([doctor], wish, slot.date, 1).get(
        doctor, []
    ):
        code = _who_is_busy(appointment, wish) or SlotUnavailableCode.OUTSIDE_AVAILABILITY
        raise _SlotConflict(appointment, wish, code)
    try:
        appointment.save()
    except IntegrityError as error:
        raise _SlotConflict(appointment, wish) from error


def _who_is_busy(appointment: Appointment, wish: SlotCriteria) -> SlotUnavailableCode | None:
    busy = busy_people(appointment.people, appointment.slot, moving=wish.moving)
    if appointment.doctor.user_id in busy:
        return SlotUnavailableCode.SLOT_TAKEN
    return SlotUnavailableCode.PATIENT_BUSY if busy else None


def _require_status(appointment: Appointment, allowed: frozenset[Status] | set[Status]) -> None:
    if appointment.status not in allowed:
        raise booking_error(BookingErrorCode.INVALID_TRANSITION)


def _require_not_started(appointment: Appointment, now: dt.datetime) -> None:
    if has_started(appointment.slot, now):
        raise booking_error(BookingErrorCode.INVALID_TRANSITION, message=STARTED)


def _with_status(
    appointment: Appointment, status: Status, actor: User, now: dt.datetime
) -> Appointment:
    appointment.status = status
    appointment.save()
    freed = () if appointment.is_live else (appointment.date,)
    return _record_change(appointment, actor, now, *freed)


def _record_change(
    appointment: Appointment, actor: User, now: dt.datetime, *days: dt.date
) -> Appointment:
    """Write the line of history that every change leaves, announce it, and owe both sides a mail.

    ``days`` are those on which other slots are open now.
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
