"""Who a visit is between, and in which capacity somebody may act on it.

Looking up is authorizing: what the caller may not touch is not found.
"""

from typing import TypeVar

from django.db.models import QuerySet

from clinic.booking.requests import BookingRequest, Side
from clinic.errors import ErrorCode, RoleRequired, refusal
from clinic.models import Appointment, Doctor, Patient
from clinic.profiles import profile_of
from users.common.querysets import only
from users.common.transactions import lock
from users.models import User

Person = TypeVar("Person", Doctor, Patient)


def parties_of(actor: User, side: Side, request: BookingRequest) -> tuple[Doctor, Patient]:
    """Both people of the visit, if the caller may book the one for the other."""
    holds_role = {Side.PATIENT: actor.is_patient, Side.DOCTOR: actor.is_doctor}
    if not holds_role.get(side, True):
        raise RoleRequired
    if side is Side.PATIENT:
        patient = profile_of(actor, Patient)
        doctor = _named(Doctor.objects.visible_to(actor), request.doctor_id)
    elif side is Side.DOCTOR:
        doctor = profile_of(actor, Doctor)
        patient = _named(Patient.objects.visible_to(actor), request.patient_id)
    else:
        doctor = _named(Doctor.objects.all(), request.doctor_id)
        patient = _named(Patient.objects.all(), request.patient_id)
    mine = patient if side is Side.PATIENT else doctor
    if side is not Side.STAFF and mine is None:
        raise refusal(ErrorCode.PROFILE_REQUIRED)
    # Staff may book a doctor who waits for approval; neither side of a visit may.
    if doctor is None or (side is Side.DOCTOR and not doctor.is_bookable):
        raise refusal(ErrorCode.NOT_FOUND, "doctor_id")
    if patient is None:
        raise refusal(ErrorCode.NOT_FOUND, "patient_id")
    return doctor, patient


def _named(people: QuerySet[Person], pk: int | None) -> Person | None:
    return None if pk is None else only(people.select_related("user").filter(pk=pk))


def find_visit(
    actor: User, appointment_id: int | None, *, as_staff: bool
) -> tuple[Appointment, Side]:
    """The visit, locked until the transaction ends, and on which side of it ``actor`` stands."""
    if appointment_id is None:
        raise refusal(ErrorCode.NOT_FOUND, "id")
    lock_visit(appointment_id)
    visible = Appointment.objects.all() if as_staff else Appointment.objects.visible_to(actor)
    appointment = only(visible.with_people().filter(pk=appointment_id))
    if appointment is None:
        raise refusal(ErrorCode.NOT_FOUND, "id")
    if as_staff:
        return appointment, Side.STAFF
    own_visit = appointment.patient.user_id == actor.pk
    return appointment, Side.PATIENT if own_visit else Side.DOCTOR


def lock_visit(appointment_id: int) -> None:
    """Let nobody else change the visit until the transaction ends."""
    # By itself: joined to both people it would lock their rows, in no fixed order.
    lock(Appointment.objects.filter(pk=appointment_id))


def find_as_doctor(actor: User, appointment_id: int | None, *, as_staff: bool) -> Appointment:
    appointment, side = find_visit(actor, appointment_id, as_staff=as_staff)
    if side is Side.PATIENT:
        raise RoleRequired
    return appointment
