"""Profiles, a doctor's or a patient's: whose there are, and the verbs that fill them in."""

from typing import Any, TypeVar

from clinic.errors import RoleRequired
from clinic.events import AvailabilityChanged, announce
from clinic.models import Doctor, Patient, WorkingHours
from clinic.models.schedule import default_week
from users.common.querysets import first_or_none
from users.common.transactions import atomic_with_retry, lock_rows
from users.models import User

Profile = TypeVar("Profile", Doctor, Patient)


@atomic_with_retry
def upsert_doctor(user: User, **changes: Any) -> Doctor:
    """Fill in or change the doctor's profile of ``user``; what is left out keeps its value.

    A new one works Monday to Friday, 09:00 to 17:00. Raises ValidationError by
    field, and RoleRequired unless ``user`` is a doctor.
    """
    if not user.is_doctor:
        raise RoleRequired
    doctor = _locked_profile(Doctor, user)
    is_new = doctor.pk is None
    _save_changes(doctor, changes)
    if is_new:
        WorkingHours.objects.bulk_create(default_week(doctor))
    announce(AvailabilityChanged(doctor.pk, None))
    return doctor


@atomic_with_retry
def upsert_patient(user: User, **changes: Any) -> Patient:
    """Fill in or change the patient's profile of ``user``; what is left out keeps its value.

    Raises ValidationError by field, and RoleRequired unless ``user`` is a patient.
    """
    if not user.is_patient:
        raise RoleRequired
    patient = _locked_profile(Patient, user)
    _save_changes(patient, changes)
    return patient


def profile_of(user: User, model: type[Profile]) -> Profile | None:
    """The profile of ``user``, once it is filled in; its account is ``user``, not loaded again."""
    profile = first_or_none(model.objects.filter(user=user))
    if profile is not None:
        profile.user = user
    return profile


def _locked_profile(model: type[Profile], user: User) -> Profile:
    # The account's row, for a profile that does not exist yet cannot be locked.
    lock_rows(User.objects.filter(pk=user.pk))
    return profile_of(user, model) or model(user=user)


def _save_changes(profile: Doctor | Patient, changes: dict[str, Any]) -> None:
    for name, value in changes.items():
        # As Django's forms do it in the admin, so that blank is blank.
        setattr(profile, name, value.strip() if isinstance(value, str) else value)
    profile.full_clean(exclude={"user"}, validate_constraints=False)
    profile.save()
