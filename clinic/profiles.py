"""Service functions that create and change doctor and patient profiles."""

from typing import Any

from clinic.errors import RoleRequired
from clinic.events import AvailabilityChanged, announce
from clinic.models import Doctor, Patient, WorkingHours
from clinic.models.patient import find_own_patient
from clinic.models.schedule import default_week
from users.common.transactions import atomic_with_retry, lock_rows
from users.models import User


@atomic_with_retry
def upsert_doctor(user: User, **changes: Any) -> Doctor:
    """Create or change the doctor profile of ``user``; fields left out keep their value.

    A new doctor works Monday to Friday, 09:00 to 17:00. Raises ValidationError by field
    name, and RoleRequired unless ``user`` is a doctor.
    """
    if not user.is_doctor:
        raise RoleRequired
    _lock_account(user)
    doctor = Doctor.objects.for_user(user) or Doctor(user=user)
    is_new = doctor.pk is None
    _save_changes(doctor, changes)
    if is_new:
        WorkingHours.objects.bulk_create(default_week(doctor))
    announce(AvailabilityChanged(doctor.pk, None))
    return doctor


@atomic_with_retry
def upsert_patient(user: User, **changes: Any) -> Patient:
    """Create or change the patient profile of ``user``; fields left out keep their value.

    Raises ValidationError by field name, and RoleRequired unless ``user`` is a patient.
    """
    if not user.is_patient:
        raise RoleRequired
    _lock_account(user)
    patient = find_own_patient(user) or Patient(user=user)
    _save_changes(patient, changes)
    return patient


def _lock_account(user: User) -> None:
    # The account's row, because a profile that does not exist yet cannot be locked.
    lock_rows(User.objects.filter(pk=user.pk))


def _save_changes(profile: Doctor | Patient, changes: dict[str, Any]) -> None:
    for name, value in changes.items():
        # Strip like Django's forms, so that text of blanks counts as empty.
        setattr(profile, name, value.strip() if isinstance(value, str) else value)
    profile.full_clean(exclude={"user"}, validate_constraints=False)
    profile.save()
