"""In which role a user acts on an appointment, and what that role can access.

Lookups are scoped to what the caller can access; everything else raises ``not_found``.
"""

import datetime as dt
from typing import NamedTuple, TypeVar

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from clinic.booking.lookups import find_visible_doctor
from clinic.booking.requests import BookingRequest
from clinic.errors import BookingErrorCode, RoleRequired, booking_error
from clinic.models import Appointment, Doctor, Patient
from clinic.models.appointment import AppointmentQuerySet
from clinic.models.busy_tick import lock_people
from clinic.models.patient import find_own_patient
from clinic.rules import ActingRole, Action, RuleViolation, Status, can_act
from users.common.transactions import TransactionConflict, lock_rows
from users.models import Role, User
from users.querysets import QuerySet

Profile = TypeVar("Profile", Doctor, Patient)


class Parties(NamedTuple):
    """The role in which a user books, and the two people of the appointment."""

    role: ActingRole
    doctor: Doctor
    patient: Patient


def find_parties(actor: User, request: BookingRequest, *, as_staff: bool) -> Parties:
    """Return the role in which ``actor`` books, the doctor and the patient.

    Raises RoleRequired, ``required`` and ``invalid`` as the role requires; ``profile_required``;
    ``not_found`` on ``doctor_id`` or ``patient_id``.
    """
    role = _acting_role(actor, request, as_staff=as_staff)
    doctor: Doctor | None
    patient: Patient | None
    if role is ActingRole.PATIENT:
        patient = _find_patient(actor, request.patient_id)
        doctor = find_visible_doctor(actor, request.doctor_id)
    elif role is ActingRole.DOCTOR:
        doctor = find_doctor(actor, request.doctor_id)
        readable = Patient.objects.readable_for(doctor.pk, user=doctor.user_id)
        patient = _find(readable, request.patient_id)
    else:
        doctor = _find(Doctor.objects.practising(), request.doctor_id)
        patient = _find(Patient.objects.all(), request.patient_id)
    # Only staff can book for a doctor who is not bookable yet (waiting for approval).
    if doctor is None or (role is not ActingRole.STAFF and not doctor.is_bookable):
        raise booking_error(BookingErrorCode.NOT_FOUND, "doctor_id")
    if patient is None:
        raise booking_error(BookingErrorCode.NOT_FOUND, "patient_id")
    return Parties(role, doctor, patient)


def _acting_role(actor: User, request: BookingRequest, *, as_staff: bool) -> ActingRole:
    """Return the role in which ``actor`` books.

    A patient sets the doctor, a doctor the patient (see ``without_own_id()``). Those who act for
    others set both. Raises RoleRequired; ``required`` without an id; ``invalid`` with both ids from
    others, or if a patient sets the duration.
    """
    if as_staff:
        _require_both_ids(request)
        return ActingRole.STAFF
    if request.doctor_id is not None and request.patient_id is not None:
        role = _role_with_both_ids(actor, request)
    elif request.patient_id is not None:
        _require_doctor_role(actor)
        role = ActingRole.DOCTOR
    elif request.doctor_id is not None:
        _require_role(actor, Role.PATIENT)
        role = ActingRole.PATIENT
    else:
        raise _missing_id(actor)
    if role is ActingRole.PATIENT and request.duration_minutes is not None:
        message = _(
            "Patients cannot choose the duration. Leave it out to use that of the appointment type "
            "or, without types, the slot length of the doctor."
        )
        raise booking_error(BookingErrorCode.INVALID, "duration_minutes", message)
    return role


def _require_both_ids(request: BookingRequest) -> None:
    """Raise ``required`` on the id that is missing."""
    if request.doctor_id is None:
        raise booking_error(BookingErrorCode.REQUIRED, "doctor_id")
    if request.patient_id is None:
        raise booking_error(BookingErrorCode.REQUIRED, "patient_id")


def _role_with_both_ids(actor: User, request: BookingRequest) -> ActingRole:
    """Return the role of somebody who names doctor and patient, and is neither of them.

    A doctor whom the caller assists decides first, then a dependant. Raises ``invalid`` for callers
    who act for nobody else.
    """
    doctor = Doctor.objects.filter(pk=request.doctor_id or 0)
    if actor.acts_for_doctors and doctor.acted_for_by(actor).exists():
        return ActingRole.DOCTOR
    if actor.acts_for_patients:
        return ActingRole.PATIENT
    if actor.acts_for_doctors:
        return ActingRole.DOCTOR
    message = _("Specify either the doctor or the patient, not both.")
    raise booking_error(BookingErrorCode.INVALID, message=message)


def _require_role(actor: User, role: Role) -> None:
    """Raise RoleRequired unless ``actor`` has the role, or acts for somebody who has it."""
    if not actor.acts_as(role):
        raise RoleRequired


def _require_doctor_role(actor: User) -> None:
    """Raise RoleRequired; for guardians ``required``: they have forgotten to name the doctor."""
    if actor.acts_for_patients and not actor.acts_as(Role.DOCTOR):
        raise booking_error(BookingErrorCode.REQUIRED, "doctor_id")
    _require_role(actor, Role.DOCTOR)


def _missing_id(actor: User) -> ValidationError | RoleRequired:
    """Return the error for a request without ids: the field that the caller's role needs."""
    if actor.is_patient:
        return booking_error(BookingErrorCode.REQUIRED, "doctor_id")
    if actor.acts_as(Role.DOCTOR):
        return booking_error(BookingErrorCode.REQUIRED, "patient_id")
    if actor.acts_for_patients:
        return booking_error(BookingErrorCode.REQUIRED, "doctor_id")
    return RoleRequired()


def _find_patient(actor: User, pk: int | None) -> Patient:
    """Return the patient for whom ``actor`` books: the one with this pk, or oneself.

    Raises ``not_found`` or ``required`` on ``patient_id``, or ``profile_required``.
    """
    if pk is not None:
        patient = _find(Patient.objects.acted_for_by(actor), pk)
        if patient is None:
            raise booking_error(BookingErrorCode.NOT_FOUND, "patient_id")
        return patient
    if not actor.is_patient:
        raise booking_error(BookingErrorCode.REQUIRED, "patient_id")
    return _require_profile(find_own_patient(actor))


def find_doctor(actor: User, pk: int | None, *, as_staff: bool = False) -> Doctor:
    """Return the doctor for whom ``actor`` acts: the one with this pk, oneself, or the only one.

    Staff can name every doctor, and must name one unless they are or assist a doctor. Raises
    RoleRequired, ``not_found`` or ``required`` on ``doctor_id``, or ``profile_required``.
    """
    if not as_staff:
        _require_role(actor, Role.DOCTOR)
    elif pk is None and not actor.acts_as(Role.DOCTOR):
        raise booking_error(BookingErrorCode.REQUIRED, "doctor_id")
    if pk is not None:
        doctors = Doctor.objects.all() if as_staff else Doctor.objects.acted_for_by(actor)
        doctor = _find(doctors, pk)
        if doctor is None:
            raise booking_error(BookingErrorCode.NOT_FOUND, "doctor_id")
        return doctor
    if actor.is_doctor:
        return _require_profile(Doctor.objects.for_user(actor))
    assisted = Doctor.objects.acted_for_by(actor).select_related("user")[:2]
    if not assisted:
        raise RoleRequired
    if len(assisted) > 1:
        raise booking_error(BookingErrorCode.REQUIRED, "doctor_id")
    return assisted[0]


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

    Raises ``not_found`` unless ``actor`` acts for its patient, acts for its doctor, who has access
    to the patient's record, or acts as staff. ``appointment_id`` is None if the caller sent an id
    that cannot exist. Raises TransactionConflict if the doctor changed during the wait: the new
    one is not locked.
    """
    if appointment_id is None:
        raise booking_error(BookingErrorCode.NOT_FOUND, "id")
    appointments = Appointment.objects.filter(pk=appointment_id).select_related("appointment_type")
    changeable = appointments if as_staff else appointments.changeable_by(actor)
    locked = _lock(changeable)
    appointment = changeable.with_people().get_or_none()
    if appointment is None:
        raise booking_error(BookingErrorCode.NOT_FOUND, "id")
    if not locked.issuperset(appointment.people):
        raise TransactionConflict
    return appointment, ActingRole.STAFF if as_staff else role_on(appointment, actor)


def role_on(appointment: Appointment, user: User) -> ActingRole:
    """Return the role of ``user``, who acts for one of the two people of the appointment.

    Oneself first, then a doctor whom the user assists, then a dependant.
    """
    if appointment.patient.user_id == user.pk:
        return ActingRole.PATIENT
    if appointment.doctor.user_id == user.pk or appointment.doctor.is_assisted_by(user):
        return ActingRole.DOCTOR
    return ActingRole.PATIENT


def require_transition(
    action: Action, role: ActingRole, appointment: Appointment, now: dt.datetime
) -> Status:
    """Return the status to which ``action`` leads.

    Raises RoleRequired, ``invalid_transition`` or ``too_late_to_change``.
    """
    if not can_act(action, role):
        raise RoleRequired
    result = appointment.transition(action, role, now)
    if isinstance(result, RuleViolation):
        raise booking_error(result.code, result.field, result.message)
    kind = appointment.appointment_type
    is_automatic = kind is not None and kind.confirms_automatically
    return result.target_for(confirms_automatically=is_automatic)


def people_of(appointment_id: int | None) -> set[int]:
    """Return the user ids of doctor and patient; none if there is no such appointment."""
    found = Appointment.objects.filter(pk=appointment_id or 0)
    return {person for row in found.values_list("doctor__user", "patient__user") for person in row}


def lock_appointment(appointment_id: int) -> None:
    """Lock the two people of the appointment and then its row until the transaction ends."""
    _lock(Appointment.objects.filter(pk=appointment_id))


def lock_parties(actor: User, parties: Parties) -> None:
    """Lock the accounts of the doctor, the patient and the acting guardian, and check them again.

    Another transaction can have changed them while this one waited for the lock: an account that
    was erased or deactivated meanwhile gets no appointment, and a guardian or an assistant who was
    removed books none. Raises RoleRequired, or ``not_found`` on ``doctor_id`` or ``patient_id``.
    """
    role, doctor, patient = parties
    is_guardian = role is ActingRole.PATIENT and patient.user_id != actor.pk
    was_active = {person.pk for person in (doctor.user, patient.user) if person.is_active}
    locked = {doctor.user_id, patient.user_id, *({actor.pk} if is_guardian else ())}
    gone = (was_active | {actor.pk}) & lock_people(locked)
    if actor.pk in gone:
        raise RoleRequired
    if doctor.user_id in gone:
        raise booking_error(BookingErrorCode.NOT_FOUND, "doctor_id")
    if patient.user_id in gone:
        raise booking_error(BookingErrorCode.NOT_FOUND, "patient_id")
    is_assistant = role is ActingRole.DOCTOR and doctor.user_id != actor.pk
    if is_assistant and not doctor.is_assisted_by(actor):
        raise booking_error(BookingErrorCode.NOT_FOUND, "doctor_id")
    if is_guardian:
        guardians = patient.guardians.filter(user=actor, patient__user__is_active=True)
        if not guardians.exists():
            raise booking_error(BookingErrorCode.NOT_FOUND, "patient_id")


def _lock(appointment: AppointmentQuerySet) -> set[int]:
    """Lock the two people of the appointment, if there is one, and then its row.

    Returns the ids of the people, who may have changed during the wait for the lock of the row.

    Without access the same statements run as for an unknown id, and nothing is locked. The
    people first, as every booking does. With the row first, a booking that holds the
    people waits in MariaDB's unique index for the row, while the holder of the row waits
    for the people: a deadlock.
    """
    locked: set[int] = set()
    for pk, *people in appointment.values_list("pk", "doctor__user", "patient__user"):
        locked.update(people)
        lock_people(people)
        lock_rows(Appointment.objects.filter(pk=pk))
    return locked
