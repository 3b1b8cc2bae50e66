"""Who a user is in a booking: in one request, and with each of several doctors."""

from collections.abc import Iterable
from dataclasses import replace
from typing import TypeVar

from clinic.booking.requests import BookingRequest
from clinic.booking.terms import Searched
from clinic.models import Doctor, Patient
from clinic.models.doctor import assisted_doctors
from clinic.rules import ActingRole
from users.models import User
from users.querysets import QuerySet

Profile = TypeVar("Profile", Doctor, Patient)


def doctors_by_role(
    actor: User, patient: Patient, doctors: Iterable[Searched], *, as_staff: bool
) -> dict[ActingRole, list[Searched]]:
    """Group the doctors by the role in which ``actor`` could book the patient with them.

    Follows the same order as ``find_parties()`` for a request with both ids. Doctors with whom
    ``actor`` cannot book the patient are left out.
    """
    others = [doctor for doctor in doctors if doctor.user_id != patient.user_id]
    if as_staff:
        return {ActingRole.STAFF: others}
    if actor.is_patient and patient.user_id == actor.pk:
        return {ActingRole.PATIENT: others}
    assisted = set(assisted_doctors(actor))
    groups: dict[ActingRole, list[Searched]] = {ActingRole.DOCTOR: [], ActingRole.PATIENT: []}
    is_guardian = actor.acts_for_patients and patient.guardians.filter(user=actor).exists()
    for doctor in others:
        if doctor.pk in assisted or (actor.is_doctor and doctor.user_id == actor.pk):
            readable = Patient.objects.readable_for(doctor.pk, user=doctor.user_id)
            if readable.filter(pk=patient.pk).exists():
                groups[ActingRole.DOCTOR].append(doctor)
        elif is_guardian:
            groups[ActingRole.PATIENT].append(doctor)
    return groups


def without_own_id(actor: User, request: BookingRequest) -> BookingRequest:
    """Return the request without the id of the actor's own profile, if it has both ids.

    A client can name itself, or leave itself out. Both are one request: otherwise a retry that
    names the caller would not match a request that did not.
    """
    if request.doctor_id is None or request.patient_id is None:
        return request
    if actor.is_patient and _is_own(Patient.objects.all(), request.patient_id, actor):
        return replace(request, patient_id=None)
    if actor.is_doctor and _is_own(Doctor.objects.all(), request.doctor_id, actor):
        return replace(request, doctor_id=None)
    return request


def _is_own(profiles: QuerySet[Profile], pk: int, actor: User) -> bool:
    return profiles.filter(pk=pk, user=actor).exists()
