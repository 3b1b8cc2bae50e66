"""Filters and sort orders of doctors."""

import datetime as dt

import strawberry
import strawberry_django
from django.db.models import OrderBy
from strawberry import UNSET
from strawberry_django import Ordering

from clinic import models
from clinic.booking import availability
from clinic.booking.criteria import criteria_for_booking
from clinic.models.doctor import DoctorQuerySet
from schema.core.context import Info
from schema.core.filters import SEARCH_RULES, TextLookup, build_condition, search_condition


@strawberry.input(description="Filters for doctors. All given conditions must match.")
class DoctorFilter:
    search: str | None = strawberry.field(
        default=UNSET,
        description="Words that must all occur in the name or the specialty, in any order. "
        + SEARCH_RULES,
    )
    specialty: TextLookup | None = strawberry.field(
        default=UNSET,
        description="Specialty of the doctor. `iExact` finds all spellings of an entry of "
        "`specialties`.",
    )
    available_on: dt.date | None = strawberry.field(
        default=UNSET, description="Only doctors with a slot on this date that you can book."
    )

    def apply(self, doctors: DoctorQuerySet, info: Info) -> DoctorQuerySet:
        doctors = doctors.filter(
            search_condition(
                self.search or None,
                "user__first_name_folded",
                "user__last_name_folded",
                "specialty_folded",
            ),
            build_condition("specialty", self.specialty),
        )
        if not self.available_on:
            return doctors
        criteria = criteria_for_booking(info.context.user, info.context.now)
        open_slots = availability.open_slots(
            doctors.order_by(), criteria, self.available_on, days=1
        )
        return doctors.filter(pk__in=[pk for pk, slots in open_slots.items() if slots])


@strawberry_django.order_type(
    models.Doctor,
    description="Sort order of doctors. The default is by last name, first name and ID, ascending. "
    "Texts are sorted letter by letter, ignoring case, accents, spaces and hyphens: `Äpfel` stands "
    "beside `Apfel`.",
)
class DoctorOrder:
    experience_years: Ordering | None = strawberry_django.order_field(
        description="Sort by years of experience."
    )

    @strawberry_django.order_field(description="Sort by specialty.")
    def specialty(self, value: Ordering, prefix: str) -> list[OrderBy]:
        return [value.resolve(f"{prefix}specialty_folded")]

    @strawberry_django.order_field(description="Sort by family name.")
    def last_name(self, value: Ordering, prefix: str) -> list[OrderBy]:
        return [value.resolve(f"{prefix}user__last_name_folded")]

    @strawberry_django.order_field(description="Sort by given name.")
    def first_name(self, value: Ordering, prefix: str) -> list[OrderBy]:
        return [value.resolve(f"{prefix}user__first_name_folded")]
