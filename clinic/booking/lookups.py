"""Lookups of doctors by queries that are compiled once."""

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


# Only with the columns that slots depend on: a search looks at all doctors and returns a few.
SEARCHED_FIELDS = ("user_id", "slot_minutes")
BOOKABLE_DOCTORS = PreparedQuery(lambda: Doctor.objects.bookable().only(*SEARCHED_FIELDS))
DOCTORS_OF_SPECIALTY = PreparedQuery(
    lambda: (
        Doctor.objects.bookable()
        .filter(specialty_key=Parameter("key", Doctor._meta.get_field("specialty_key")))  # noqa: SLF001 - Django documents _meta as public
        .only(*SEARCHED_FIELDS)
    )
)


def find_bookable_doctors(specialty: str | None = None) -> list[Doctor]:
    """Return the doctors who can be booked, or those of a specialty, however it is spelt.

    Only with the columns that slots depend on; another one is loaded when it is read.
    """
    if specialty is None:
        return BOOKABLE_DOCTORS.instances()
    return DOCTORS_OF_SPECIALTY.instances(key=equality_key(specialty))
