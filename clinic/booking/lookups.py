"""Lookups of doctors by queries that are compiled once."""

from typing import NamedTuple

from clinic.models import Doctor
from users.common.any_user import PreparedLookup
from users.common.prepared_queries import Parameter, PreparedQuery
from users.folding import equality_key
from users.models import User

VISIBLE_DOCTORS = PreparedLookup[Doctor](
    lambda viewer: Doctor.objects.visible_to(viewer).select_related("user")
)


def find_visible_doctor(user: User, pk: int | None) -> Doctor | None:
    """Return the doctor, with the account, if ``user`` can look it up."""
    return VISIBLE_DOCTORS.find(user, pk) if pk else None


class SearchedDoctor(NamedTuple):
    """What slots depend on of a doctor. A search looks at all doctors and returns a few."""

    pk: int
    user_id: int
    slot_minutes: int


BOOKABLE_DOCTORS = PreparedQuery(
    lambda: Doctor.objects.bookable().values_list(*SearchedDoctor._fields)
)
DOCTORS_OF_SPECIALTY = PreparedQuery(
    lambda: (
        Doctor.objects.bookable()
        .filter(specialty_key=Parameter("key", Doctor._meta.get_field("specialty_key")))  # noqa: SLF001 - Django documents _meta as public
        .values_list(*SearchedDoctor._fields)
    )
)


def find_bookable_doctors(specialty: str | None = None) -> list[SearchedDoctor]:
    """Return the doctors who can be booked, or those of a specialty, however it is spelt."""
    if specialty is None:
        rows = BOOKABLE_DOCTORS.rows()
    else:
        rows = DOCTORS_OF_SPECIALTY.rows(key=equality_key(specialty))
    return list(map(SearchedDoctor._make, rows))
