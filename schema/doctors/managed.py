"""Doctors whose schedule and profile the caller can see in full."""

from collections.abc import Iterable

from clinic.models import Doctor
from clinic.models.doctor import assisted_doctors
from schema.core.batching import batch_of
from schema.core.context import Info
from users.models import User
from users.staff import can_act_as_staff

VIEW_DOCTOR = "clinic.view_doctor"


def managed_doctors(user: User, doctors: Iterable[Doctor]) -> set[int]:
    """Return which of the doctors (primary keys) ``user`` manages.

    These are the user's own profile, the doctors whom the user assists, and for staff with the
    permission to view doctors all of them.
    """
    if can_act_as_staff(user, VIEW_DOCTOR):
        return {doctor.pk for doctor in doctors}
    assisted = set(assisted_doctors(user))
    return {doctor.pk for doctor in doctors if doctor.user_id == user.pk or doctor.pk in assisted}


def is_managed(doctor: Doctor, info: Info) -> bool:
    """Return whether the caller manages the doctor. At most one query for a list of doctors."""
    return doctor.pk in batch_of(doctor).load(info, _load_managed)


def _load_managed(doctors: list[Doctor], info: Info) -> dict[int, bool]:
    return dict.fromkeys(managed_doctors(info.context.user, doctors), True)
