"""In which role a user acts on an appointment, and what that role can access.

Lookups are scoped to what the caller can access; everything else raises ``not_found``.
"""

from typing import TypeVar

from django.utils.translation import gettext as _

from clinic.booking.requests import BookingRequest
from clinic.errors import BookingErrorCode, RoleRequired, booking_error
from clinic.models import Appointment, Doctor, Patient
from clinic.models.appointment import AppointmentQuerySet, lock_people
from clinic.rules import ActingRole
from users.common.transactions import lock_rows
from users.models import User
from users.querysets import QuerySet

Profile = TypeVar("Profile", Doctor, Patient)


def find_parties(
    actor: User, request: BookingRequest, *, as_staff: bool
) -> tuple[ActingRole, Doctor, Patient]:
    """Return the role in which ``actor`` books, the doctor and the patient.

    Raises RoleRequired, ``required`` and ``invalid`` as the role requires; ``profile_required``;
    ``not_found`` on ``doctor_id`` or ``patient_id``.
    """
    role = _acting_role(actor, request, as_staff=as_staff)
    doctor: Doctor | None
    patient: Patient | None
    if role is ActingRole.PATIENT:
        patient = _require_profile(Patient.objects.for_user(actor))
        doctor = _find(Doctor.objects.visible_to(actor), request.doctor_id)
    elif role is ActingRole.DOCTOR:
        doctor = _require_profile(Doctor.objects.for_user(actor))
        patient = _find(Patient.objects.visible_to(actor), request.patient_id)
    else:
        doctor = _find(Doctor.objects.all(), request.doctor_id)
        patient = _find(Patient.objects.all(), request.patient_id)
    # Only staff can book for a doctor who is not bookable yet (waiting for approval).
    if doctor is None or (role is ActingRole.DOCTOR and not doctor.is_bookable):
        raise booking_error(BookingErrorCode.NOT_FOUND, "doctor_id")
    if patient is None:
        raise booking_error(BookingErrorCode.NOT_FOUND, "patient_id")
    return role, doctor, patient


def _acting_role(actor: User, request: BookingRequest, *, as_staff: bool) -> ActingRole:
    """Return the role in which ``actor`` books: a patient sets the doctor, a doctor the patient.

    Raises RoleRequired; ``required`` without an id; ``invalid`` with both ids, or if a
    patient sets the duration.
    """
    if as_staff:
        return ActingRole.STAFF
    if request.doctor_id is not None and request.patient_id is not None:
        message = _("Specify either the doctor or the patient, not both.")
        raise booking_error(BookingErrorCode.INVALID, message=message)
    if request.doctor_id is None and request.patient_id is None:
        if not (actor.is_patient or actor.is_doctor):
            raise RoleRequired
        field = "doctor_id" if actor.is_patient else "patient_id"
        raise booking_error(BookingErrorCode.REQUIRED, field)
    if request.patient_id is not None:
        if not actor.is_doctor:
            raise RoleRequired
        return ActingRole.DOCTOR
    if not actor.is_patient:
        raise RoleRequired
    if request.duration_minutes is not None:
        message = _("Patients cannot choose the duration. Leave it out to use the slot length.")
        raise booking_error(BookingErrorCode.INVALID, "duration_minutes", message)
    return ActingRole.PATIENT


def _require_profile(profile: Profile | None) -> Profile:
    if profile is None:
        raise booking_error(BookingErrorCode.PROFILE_REQUIRED)
    return profile


def _find(profiles: QuerySet[Profile], pk: int | None) -> Profile | None:
    # The check spares a query for ids that cannot exist: None and UNKNOWN_ID.
    return profiles.select_related("user").filter(pk=pk).get_or_none() if pk else None


def find_appointment(
    actor: User, appointment_id: int | None, *, as_staff: bool
) -> tuple[Appointment, ActingRole]:
    """Return the appointment, locked until the transaction ends, and the role of ``actor`` on it.

    Raises ``not_found`` unless ``actor`` is its patient, its doctor with access to the patient's
    record, or acts as staff. ``appointment_id`` is None if the caller sent an id that cannot exist.
    """
    if appointment_id is None:
        raise booking_error(BookingErrorCode.NOT_FOUND, "id")
    appointments = Appointment.objects.filter(pk=appointment_id)
    changeable = appointments if as_staff else appointments.changeable_by(actor)
    _lock(changeable)
    appointment = changeable.with_people().get_or_none()
    if appointment is None:
        raise booking_error(BookingErrorCode.NOT_FOUND, "id")
    return appointment, ActingRole.STAFF if as_staff else role_on(appointment, actor)


def role_on(appointment: Appointment, user: User) -> ActingRole:
    """Return the role of ``user``, who is one of the two parties of the appointment."""
    is_patient = appointment.patient.user_id == user.pk
    return ActingRole.PATIENT if is_patient else ActingRole.DOCTOR


def lock_appointment(appointment_id: int) -> None:
    """Lock the two people of the appointment and then its row until the transaction ends."""
    _lock(Appointment.objects.filter(pk=appointment_id))


def _lock(appointment: AppointmentQuerySet) -> None:
    """Lock the two people of the appointment, if there is one, and then its row.

    Without access the same statements run as for an unknown id, and nothing is locked. The
    people first, as every booking does. With the row first, a booking that holds the
    people waits in MariaDB's unique index for the row, while the holder of the row waits
    for the people: a deadlock.
    """
    # The people of an appointment never change, so they can be read before the lock.
    for pk, *people in appointment.values_list("pk", "doctor__user", "patient__user"):
        lock_people(people)
        lock_rows(Appointment.objects.filter(pk=pk))
