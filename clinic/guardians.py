"""Service functions for guardians: users who act for a patient, such as the parents of a child.

Rights are read from the rows of ``Guardian`` in each request, so they begin and end at once.
"""

import datetime as dt
from typing import NamedTuple

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from clinic.errors import BookingErrorCode, RoleRequired, booking_error
from clinic.models import OPEN_STATUSES, Appointment, Guardian, Patient, Relationship
from clinic.models.appointment import AppointmentQuerySet
from clinic.models.busy_tick import lock_people
from clinic.rules import has_started
from users import accounts
from users.common.transactions import atomic_with_retry
from users.models import Gender, User
from users.staff import can_be_named


class NewDependant(NamedTuple):
    """The name, date of birth and gender of a new patient without an account."""

    first_name: str
    last_name: str
    date_of_birth: dt.date
    gender: Gender = Gender.UNDISCLOSED


@atomic_with_retry
def add_dependant(user: User, dependant: NewDependant, relationship: Relationship) -> Patient:
    """Create a patient without an account, for whom ``user`` acts; return it.

    Raises ValidationError by field name, and ``invalid`` if the user acts for ``MAX_DEPENDANTS``
    patients already.
    """
    # Two requests for the last place would both count before the other one inserts its row.
    if lock_people({user.pk}):
        raise RoleRequired
    if user.dependants.count() >= settings.MAX_DEPENDANTS:
        raise booking_error(BookingErrorCode.INVALID, message=_limit_message())
    patient = _create_patient(dependant)
    _add(patient, user, relationship)
    return patient


@atomic_with_retry
def add_guardian(patient: Patient, user: User, relationship: Relationship) -> Guardian:
    """Let ``user`` act for an existing patient; used by staff.

    Raises ValidationError on ``user`` for the patient, for an account that cannot sign in with a
    verified email address, and for a user who is a guardian of the patient already.
    """
    lock_people({patient.user_id, user.pk})
    if patient.user_id == user.pk:
        raise _invalid_user(_("Patients act for themselves. Choose another person."))
    if not can_be_named(user):
        message = _("This person cannot sign in with a verified email address. Choose another one.")
        raise _invalid_user(message)
    if patient.guardians.filter(user=user).exists():
        raise _invalid_user(_("This person acts for the patient already."))
    return _add(patient, user, relationship)


@atomic_with_retry
def remove_dependant(
    user: User, patient_id: int | None, guardian_id: int | None, now: dt.datetime
) -> Patient:
    """End a right to act for a patient; return the patient.

    ``user`` ends their own right. A patient names, by the user id ``guardian_id``, the guardian
    whose right to end. Raises ``required`` or ``not_found`` on ``patient_id`` or ``guardian_id``,
    and ``invalid`` like ``end_guardian()``.
    """
    patient = Patient.objects.select_related("user").filter(pk=patient_id or 0).get_or_none()
    is_own = patient is not None and patient.user_id == user.pk
    is_guardian = patient is not None and patient.guardians.filter(user=user).exists()
    if patient is None or not (is_own or is_guardian):
        raise booking_error(BookingErrorCode.NOT_FOUND, "patient_id")
    if is_own and guardian_id is None:
        raise booking_error(BookingErrorCode.REQUIRED, "guardian_id")
    person = user.pk if guardian_id is None else guardian_id
    # Guardians cannot end each other's right, and do not learn here who the others are.
    if not (is_own or person == user.pk):
        raise booking_error(BookingErrorCode.NOT_FOUND, "guardian_id")
    _end(patient, person, now)
    if person == user.pk:
        user.acts_for_patients = user.dependants.exists()
    return patient


@atomic_with_retry
def end_guardian(guardian: Guardian, now: dt.datetime) -> None:
    """End the right of a guardian; used by staff.

    Raises ``not_found`` if it has ended meanwhile, and ``invalid`` for the last guardian of a
    patient who cannot sign in, while the patient has open appointments.
    """
    _end(guardian.patient, guardian.user_id, now)


def _end(patient: Patient, person: int, now: dt.datetime) -> None:
    # The patient too: two guardians who leave at the same time would each see the other one.
    lock_people({patient.user_id, person})
    guardian = patient.guardians.filter(user=person).get_or_none()
    if guardian is None:
        raise booking_error(BookingErrorCode.NOT_FOUND, "guardian_id")
    appointments = Appointment.objects.filter(patient=patient)
    if is_last_guardian(patient, person) and open_to_come(appointments, now):
        message = _(
            "Nobody else can change the open appointments of this patient, who cannot sign in. "
            "Cancel the appointments first, or ask the clinic to add another guardian."
        )
        raise booking_error(BookingErrorCode.INVALID, message=message)
    guardian.delete()
    # True without a row would cost each request of the user a query.
    User.objects.filter(pk=person).update(
        acts_for_patients=Guardian.objects.filter(user=person).exists()
    )


def is_last_guardian(patient: Patient, person: int) -> bool:
    """Return whether nobody but ``person``, a user id, could act for the patient."""
    others = patient.guardians.exclude(user=person).select_related("user")
    return not (patient.user.can_sign_in or any(other.user.can_sign_in for other in others))


def open_to_come(appointments: AppointmentQuerySet, now: dt.datetime) -> list[Appointment]:
    """Return those of the appointments that are open and have not started."""
    upcoming = appointments.filter(status__in=OPEN_STATUSES, date__gte=now.date()).with_people()
    return [appointment for appointment in upcoming if not has_started(appointment.slot, now)]


def _create_patient(dependant: NewDependant) -> Patient:
    """Create a person who cannot sign in, with a patient profile. Raises ValidationError."""
    user = accounts.new_patient_without_account(
        dependant.first_name, dependant.last_name, dependant.gender
    )
    patient = Patient(user=user, date_of_birth=dependant.date_of_birth)
    errors = {
        **user.field_errors({"password"}, validate_constraints=False),
        **patient.field_errors({"user"}, validate_constraints=False),
    }
    if errors:
        raise ValidationError(errors)
    user.save()
    patient.user = user
    patient.save()
    return patient


def _add(patient: Patient, user: User, relationship: Relationship) -> Guardian:
    guardian = Guardian.objects.create(patient=patient, user=user, relationship=relationship)
    # Without it the rest of this request would not see the new right.
    user.acts_for_patients = True
    return guardian


def _invalid_user(message: str) -> ValidationError:
    return booking_error(BookingErrorCode.INVALID, "user", message)


def _limit_message() -> str:
    limit = settings.MAX_DEPENDANTS
    return ngettext(
        "An account can act for at most {limit} patient. Remove one first, or ask the clinic.",
        "An account can act for at most {limit} patients. Remove one first, or ask the clinic.",
        limit,
    ).format(limit=limit)
