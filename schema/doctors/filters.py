"""Filters and sort orders of doctors."""

import datetime as dt

import strawberry
import strawberry_django
from django.db.models import OrderBy, Q
from strawberry import UNSET
from strawberry_django import Ordering

from clinic import models
from clinic.booking import availability
from clinic.models.doctor import DoctorQuerySet
from schema.core.context import Info
from schema.core.filters import TextLookup, build_condition, validate_search_text

MAX_SEARCH_WORDS = 10


def search_by_name(text: str | None, *paths: str) -> Q:
    """Return the condition that each of the first 10 words of ``text`` occurs in one of ``paths``.

    The search is case-insensitive. Raises BAD_USER_INPUT for a text that is too long.
    """
    condition = Q()
    for word in validate_search_text(text or "").split()[:MAX_SEARCH_WORDS]:
        condition &= Q.create([(f"{path}__icontains", word) for path in paths], connector=Q.OR)
    return condition


@strawberry.input(description="Filters for doctors. All given conditions must match.")
class DoctorFilter:
    search: str | None = strawberry.field(
        default=UNSET,
        description="Words that must all occur in the name or the specialty, case-insensitive. At "
        "most 200 characters; only the first 10 words are used.",
    )
    specialty: TextLookup | None = strawberry.field(
        default=UNSET, description="Specialty of the doctor."
    )
    available_on: dt.date | None = strawberry.field(
        default=UNSET, description="Only doctors with a slot on this date that you can book."
    )

    def apply(self, doctors: DoctorQuerySet, info: Info) -> DoctorQuerySet:
        doctors = doctors.filter(
            search_by_name(self.search or None, "user__first_name", "user__last_name", "specialty"),
            build_condition("specialty", self.specialty),
        )
        if not self.available_on:
            return doctors
        criteria = availability.criteria_for_booking(info.context.user, info.context.now)
        open_slots = availability.open_slots(
            doctors.order_by(), criteria, self.available_on, days=1
        )
        return doctors.filter(pk__in=[pk for pk, slots in open_slots.items() if slots])


@strawberry_django.order_type(
    models.Doctor,
    description="Sort order of doctors. The default is by last name, first name and ID, ascending.",
)
class DoctorOrder:
    specialty: Ordering | None = strawberry_django.order_field(description="Sort by specialty.")
    experience_years: Ordering | None = strawberry_django.order_field(
        description="Sort by years of experience."
    )

    @strawberry_django.order_field(description="Sort by family name.")
    def last_name(self, value: Ordering, prefix: str) -> list[OrderBy]:
        return [value.resolve(f"{prefix}user__last_name")]

    @strawberry_django.order_field(description="Sort by given name.")
    def first_name(self, value: Ordering, prefix: str) -> list[OrderBy]:
        return [value.resolve(f"{prefix}user__first_name")]
