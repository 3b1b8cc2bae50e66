"""Who a visit is between, and in which capacity somebody may act on it.

Looking up is authorizing: what the caller may not touch is not found.
"""

from typing import TypeVar

from django.db.models import QuerySet

from clinic.booking.requests import ActingRole, BookingRequest
from clinic.errors import BookingErrorCode, RoleRequired, booking_error
from clinic.models import Appointment, Doctor, Patient
from clinic.profiles import profile_of
from users.common.querysets import first_or_none
from users.common.transactions import lock_rows
from users.models import User

Person = TypeVar("Person", Doctor, Patient)


def parties_of(actor: User, side: ActingRole, request: BookingRequest) -> tuple[Doctor, Patient]:
    """Both people of the visit, if the caller may book the one for the other."""
    holds_role = {ActingRole.PATIENT: actor.is_patient, ActingRole.DOCTOR: actor.is_doctor}
    if not holds_role.get(side, True):
        raise RoleRequired
    if side is ActingRole.PATIENT:
        patient = profile_of(actor, Patient)
        doctor = _named(Doctor.objects.visible_to(actor), request.doctor_id)
    elif side is ActingRole.DOCTOR:
        doctor = profile_of(actor, Doctor)
        patient = _named(Patient.objects.visible_to(actor), request.patient_id)
    else:
        doctor = _named(Doctor.objects.all(), request.doctor_id)
        patient = _named(Patient.objects.all(), request.patient_id)
    mine = patient if side is ActingRole.PATIENT else doctor
    if side is not ActingRole.STAFF and mine is None:
        raise booking_error(BookingErrorCode.PROFILE_REQUIRED)
    # Staff may book a doctor who waits for approval; neither side of a visit may.
    if doctor is None or (side is ActingRole.DOCTOR and not doctor.is_bookable):
        raise booking_error(BookingErrorCode.NOT_FOUND, "doctor_id")
    if patient is None:
        raise booking_error(BookingErrorCode.NOT_FOUND, "patient_id")
    return doctor, patient


def _named(people: QuerySet[Person], pk: int | None) -> Person | None:
    return None if pk is None else first_or_none(people.select_related("user").filter(pk=pk))


def find_appointment(
    actor: User, appointment_id: int | None, *, as_staff: bool
) -> tuple[Appointment, ActingRole]:
    """The visit, locked until the transaction ends, and on which side of it ``actor`` stands."""
    if appointment_id is None:
        raise booking_error(BookingErrorCode.NOT_FOUND, "id")
    lock_appointment(appointment_id)
    visible = Appointment.objects.all() if as_staff else Appointment.objects.visible_to(actor)
    appointment = first_or_none(visible.with_people().filter(pk=appointment_id))
    if appointment is None:
        raise booking_error(BookingErrorCode.NOT_FOUND, "id")
    if as_staff:
        return appointment, ActingRole.STAFF
    own_visit = appointment.patient.user_id == actor.pk
    return appointment, ActingRole.PATIENT if own_visit else ActingRole.DOCTOR


def lock_appointment(appointment_id: int) -> None:
    """Let nobody else change the visit until the transaction ends."""
    # By itself: joined to both people it would lock their rows, in no fixed order.
    lock_rows(Appointment.objects.filter(pk=appointment_id))


def find_as_doctor(actor: User, appointment_id: int | None, *, as_staff: bool) -> Appointment:
    appointment, side = find_appointment(actor, appointment_id, as_staff=as_staff)
    if side is ActingRole.PATIENT:
        raise RoleRequired
    return appointment
