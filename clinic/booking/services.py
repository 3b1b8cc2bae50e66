"""The service functions that book appointments and move them in time.

GraphQL, the admin and commands create and change appointments only through these and those of
``amendments`` and ``status_changes``. Each runs in one transaction, is given the acting user and
the current time (aware, in the clinic's zone), and raises

- ``ValidationError`` with the code of the broken rule (``not_found`` for an id of None);
- ``RoleRequired`` if the caller's role does not allow the action;
- ``SlotUnavailable`` if the time cannot be booked, with slots that can;
- ``OutsideWorkingTime`` if the doctor does not work at that time and ``allow_outside`` is false,
  which concerns doctors and staff only;
- ``TransactionConflict`` if the database rejected every attempt to run the transaction.
"""

import datetime as dt
from dataclasses import replace

from django.db.models import BigIntegerField, CharField

from clinic.booking.access import (
    find_appointment,
    find_parties,
    lock_parties,
    require_transition,
)
from clinic.booking.booking_roles import without_own_id
from clinic.booking.criteria import criteria_for_appointment
from clinic.booking.limits import require_moves_left, require_verified_email
from clinic.booking.outcomes import count_after_commit, count_rejections
from clinic.booking.placement import SlotConflict, place, set_start, with_alternative_slots
from clinic.booking.requests import BookingRequest
from clinic.booking.terms import apply_terms, terms_for, terms_without_type
from clinic.errors import BookingErrorCode, booking_error
from clinic.models import Appointment, Doctor, Status
from clinic.rules import ActingRole, Action
from users.common.prepared_queries import Parameter, PreparedQuery
from users.common.transactions import TransactionConflict, atomic_with_retry
from users.models import User
from users.querysets import first_or_none

BOOKED_BEFORE = PreparedQuery(
    lambda: Appointment.objects.filter(
        booked_by=Parameter("actor", BigIntegerField()),
        idempotency_key=Parameter("key", CharField()),
    ).values_list("request_hash")
)


@count_rejections("book")
@with_alternative_slots
def book(
    *,
    actor: User,
    request: BookingRequest,
    now: dt.datetime,
    as_staff: bool = False,
    allow_outside: bool = True,
) -> Appointment:
    """Create an appointment: PENDING if booked by a patient, CONFIRMED by a doctor or staff.

    A patient books one of the doctor's open slots, and the appointment is CONFIRMED at once if
    its type needs no confirmation. A bookable doctor books one of their own patients at any free
    time in the future, and staff anybody. Guardians book like the patient, and assistants like the
    doctor. Returns the first booking in its current state if the request is a retry of it.
    """
    if not as_staff:
        request = without_own_id(actor, request)
    try:
        return _book(actor, request, now, as_staff=as_staff, allow_outside=allow_outside)
    except (SlotConflict, TransactionConflict):
        # A concurrent retry of this same request may have booked the slot first.
        if replayed := _replay(actor, request):
            count_after_commit("book", "repeated")
            return replayed
        raise


@atomic_with_retry
def _book(
    actor: User,
    request: BookingRequest,
    now: dt.datetime,
    *,
    as_staff: bool,
    allow_outside: bool,
) -> Appointment:
    role, doctor, patient = parties = find_parties(actor, request, as_staff=as_staff)
    # Before anything is counted or looked up: of two requests for the last place, or two attempts
    # of one request, the second one waits here and then sees what the first one booked.
    lock_parties(actor, parties)
    if replayed := _replay(actor, request):
        count_after_commit("book", "repeated")
        return replayed
    by_patient = role is ActingRole.PATIENT
    if by_patient:
        require_verified_email(actor)
    # Without terms there are no slots to book: the doctor's types are not for patients.
    bookable_terms = terms_for(doctor, request.appointment_type_id, role)
    terms = bookable_terms or terms_without_type(doctor.slot_minutes)
    is_pending = by_patient and not terms.confirms_automatically
    appointment = Appointment(
        doctor=doctor,
        patient=patient,
        date=request.date,
        time=request.time,
        reason_for_visit=request.reason_for_visit,
        status=Status.PENDING if is_pending else Status.CONFIRMED,
        pending_since=now if is_pending else None,
        booked_by=actor,
        booked_by_patient=by_patient,
        idempotency_key=request.stored_key,
        request_hash=request.fingerprint,
    )
    apply_terms(appointment, terms, request.duration_minutes)
    criteria = criteria_for_appointment(appointment, role, now)
    if bookable_terms is None:
        criteria = replace(criteria, terms=None)
    count_after_commit("book", "booked")
    return place(appointment, actor, role, criteria, allow_outside=allow_outside)


@count_rejections("reschedule")
@with_alternative_slots
@atomic_with_retry
def reschedule(
    *,
    actor: User,
    appointment_id: int | None,
    date: dt.date,
    time: dt.time,
    now: dt.datetime,
    as_staff: bool = False,
    allow_outside: bool = True,
    notify: bool = True,
) -> Appointment:
    """Move a pending or confirmed appointment; it keeps its id, its duration and its buffers.

    A patient moves it to an open slot, and it is PENDING again unless its type needs no
    confirmation. A doctor or staff move it to any free time in the future, and it keeps its status.
    The same date and time change nothing. Unless ``notify``, nobody is emailed.
    """
    appointment, role = find_appointment(actor, appointment_id, as_staff=as_staff)
    status = require_transition(Action.RESCHEDULE, role, appointment, now)
    by_patient = role is ActingRole.PATIENT
    bookable = Doctor.objects.bookable().filter(pk=appointment.doctor_id)
    if by_patient and not bookable.exists():
        raise booking_error(BookingErrorCode.NOT_FOUND, "id")
    if (appointment.date, appointment.time) == (date, time):
        return appointment
    if by_patient:
        require_moves_left(appointment, now)
        appointment.pending_since = now if status == Status.PENDING else None
    days = appointment.busy_days()
    set_start(appointment, date, time)
    appointment.status = status
    criteria = criteria_for_appointment(appointment, role, now)
    count_after_commit("reschedule", "rescheduled")
    return place(
        appointment, actor, role, criteria, allow_outside=allow_outside, days=days, notify=notify
    )


def _replay(actor: User, request: BookingRequest) -> Appointment | None:
    """Return what an earlier request with the same key booked; None if there is none.

    Raises ``idempotency_key_reused`` if that request was a different one.
    """
    if request.stored_key is None:
        return None
    # Few requests are retries, so the appointment itself is loaded only for those.
    found = first_or_none(BOOKED_BEFORE.rows(actor=actor.pk, key=request.stored_key))
    if found is None:
        return None
    if found != (request.fingerprint,):
        raise booking_error(BookingErrorCode.IDEMPOTENCY_KEY_REUSED, "idempotency_key")
    booked = Appointment.objects.filter(booked_by=actor, idempotency_key=request.stored_key)
    return booked.with_people().get_or_none()
