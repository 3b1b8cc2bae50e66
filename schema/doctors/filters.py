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
    """Every word of ``text`` occurs in one of the paths, in any capitals."""
    condition = Q()
    for word in validate_search_text(text or "").split()[:MAX_SEARCH_WORDS]:
        condition &= Q.create([(f"{path}__icontains", word) for path in paths], connector=Q.OR)
    return condition


@strawberry.input(description="Which doctors to list. Each condition narrows the list.")
class DoctorFilter:
    search: str | None = strawberry.field(
        default=UNSET,
        description="Words that all occur in the name or the specialty, in any capitals.",
    )
    specialty: TextLookup | None = strawberry.field(default=UNSET, description="Their specialty.")
    available_on: dt.date | None = strawberry.field(
        default=UNSET, description="Has a slot on this day that you could book."
    )

    def apply(self, doctors: DoctorQuerySet, info: Info) -> DoctorQuerySet:
        doctors = doctors.filter(
            search_by_name(self.search or None, "user__first_name", "user__last_name", "specialty"),
            build_condition("specialty", self.specialty),
        )
        if not self.available_on:
            return doctors
        criteria = availability.criteria_for_booking(info.context.user, info.context.now)
        found = availability.open_slots(doctors.order_by(), criteria, self.available_on, days=1)
        return doctors.filter(pk__in=[pk for pk, slots in found.items() if slots])


@strawberry_django.order_type(
    models.Doctor, description="How to sort doctors; by last name, first name and id unless asked."
)
class DoctorOrder:
    specialty: Ordering | None = strawberry_django.order_field(description="By specialty.")
    experience_years: Ordering | None = strawberry_django.order_field(
        description="By years of experience."
    )

    @strawberry_django.order_field(description="By family name.")
    def last_name(self, value: Ordering, prefix: str) -> list[OrderBy]:
        return [value.resolve(f"{prefix}user__last_name")]

    @strawberry_django.order_field(description="By given name.")
    def first_name(self, value: Ordering, prefix: str) -> list[OrderBy]:
        return [value.resolve(f"{prefix}user__first_name")]
