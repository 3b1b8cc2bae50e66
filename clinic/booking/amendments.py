"""The service functions with which doctors and staff amend an appointment, or staff reassign it.

Parameters and errors are those of ``services``.
"""

import datetime as dt

from clinic.booking.access import find_appointment, people_of, require_transition
from clinic.booking.criteria import criteria_for_appointment
from clinic.booking.placement import place, set_start, with_alternative_slots
from clinic.booking.recording import complete_history, record_change
from clinic.booking.requests import Amendment
from clinic.booking.terms import apply_terms, terms_for
from clinic.errors import BookingErrorCode, booking_error
from clinic.models import Appointment, Doctor
from clinic.models.appointment import TICKED_FIELDS
from clinic.models.busy_tick import lock_people
from clinic.rules import ActingRole, Action
from users.common.transactions import atomic_with_retry
from users.models import User


@with_alternative_slots
@atomic_with_retry
def amend(
    *,
    actor: User,
    appointment_id: int | None,
    amendment: Amendment,
    now: dt.datetime,
    as_staff: bool = False,
    allow_outside: bool = True,
) -> Appointment:
    """Change the length, the type or the reason of a pending or confirmed appointment.

    Only doctors and staff. It keeps its start and its status, also once it has started. Another
    type brings its length, unless one is given, its buffers and its cancellation notice.
    """
    appointment, role = find_appointment(actor, appointment_id, as_staff=as_staff)
    require_transition(Action.AMEND, role, appointment, now)
    complete_history(appointment)
    before = _amendable(appointment)
    days = appointment.busy_days()
    if amendment.reason_for_visit is not None:
        appointment.reason_for_visit = amendment.reason_for_visit
    _apply_type(appointment, amendment.appointment_type_id, role)
    if amendment.duration_minutes is not None:
        appointment.duration_minutes = amendment.duration_minutes
    if _amendable(appointment) == before:
        return appointment
    if appointment.changed_fields().isdisjoint(TICKED_FIELDS):
        appointment.save()
        return record_change(appointment, actor, role, now, days=days)
    criteria = criteria_for_appointment(appointment, role, now)
    return place(appointment, actor, role, criteria, allow_outside=allow_outside, days=days)


@with_alternative_slots
@atomic_with_retry
def reassign(
    *,
    actor: User,
    appointment_id: int | None,
    doctor_id: int | None,
    date: dt.date | None = None,
    time: dt.time | None = None,
    now: dt.datetime,
    allow_outside: bool = True,
    notify: bool = True,
) -> Appointment:
    """Move a pending or confirmed appointment to another doctor, as staff.

    It keeps its id, its length, its buffers and its status; without ``date`` or ``time`` also
    these. The new time must be free and in the future. The doctor can be waiting for approval, as
    in a booking by staff. Raises ``not_found`` on ``doctor_id`` if there is no such doctor, or if
    the doctor's account has lost the role, or was deactivated or erased.
    """
    doctor = _lock_new_doctor(doctor_id, appointment_id)
    appointment, role = find_appointment(actor, appointment_id, as_staff=True)
    require_transition(Action.REASSIGN, role, appointment, now)
    previous, days = appointment.doctor, appointment.busy_days()
    target = (date or appointment.date, time or appointment.time)
    if (previous, (appointment.date, appointment.time)) == (doctor, target):
        return appointment
    complete_history(appointment)
    appointment.doctor = doctor
    if doctor != previous and appointment.pending_since:
        # Otherwise a request can lapse before the new doctor has had the time to answer.
        appointment.pending_since = now
    set_start(appointment, *target)
    return place(
        appointment,
        actor,
        role,
        criteria_for_appointment(appointment, role, now),
        allow_outside=allow_outside,
        days=days,
        previous_doctor=previous,
        notify=notify,
    )


def _lock_new_doctor(doctor_id: int | None, appointment_id: int | None) -> Doctor:
    """Lock the doctor and the people of the appointment, and return the doctor."""
    doctors = Doctor.objects.practising().select_related("user")
    doctor = doctors.filter(pk=doctor_id or 0).get_or_none()
    if doctor is None:
        raise booking_error(BookingErrorCode.NOT_FOUND, "doctor_id")
    # All three people in one order, before find_appointment() locks two of them. An erasure that
    # held the lock has cancelled the appointments that the doctor had, but not this one.
    if doctor.user_id in lock_people({doctor.user_id, *people_of(appointment_id)}):
        raise booking_error(BookingErrorCode.NOT_FOUND, "doctor_id")
    return doctor


def _apply_type(
    appointment: Appointment, appointment_type_id: int | None, role: ActingRole
) -> None:
    """Give the appointment another type, without saving; None or its own type change nothing."""
    if appointment_type_id in {None, appointment.appointment_type_id}:
        return
    terms = terms_for(appointment.doctor, appointment_type_id, role)
    if terms is not None:
        apply_terms(appointment, terms)


def _amendable(appointment: Appointment) -> tuple[object, ...]:
    """Return the values that an amendment can change."""
    return (
        appointment.appointment_type_id,
        appointment.duration_minutes,
        appointment.buffer_before_minutes,
        appointment.buffer_after_minutes,
        appointment.reason_for_visit,
    )
