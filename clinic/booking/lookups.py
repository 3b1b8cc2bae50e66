"""Lookups of doctors by a query that is compiled once."""

from clinic.models import Doctor
from users.common.any_user import PreparedLookup
from users.models import User

VISIBLE_DOCTORS = PreparedLookup[Doctor](
    lambda viewer: Doctor.objects.visible_to(viewer).select_related("user")
)


def find_visible_doctor(user: User, pk: int | None) -> Doctor | None:
    """Return the doctor, with the account, if ``user`` can look it up."""
    return VISIBLE_DOCTORS.find(user, pk) if pk else None
