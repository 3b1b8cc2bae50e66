"""Filters of patients."""

import strawberry
from strawberry import UNSET

from clinic.models.patient import PatientQuerySet
from schema.doctors.filters import search_by_name


@strawberry.input(description="Filters for patients.")
class PatientFilter:
    search: str | None = strawberry.field(
        default=UNSET,
        description="Words that must all occur in the name, case-insensitive. At most 200 "
        "characters; only the first 10 words are used.",
    )

    def apply(self, patients: PatientQuerySet) -> PatientQuerySet:
        return patients.filter(
            search_by_name(self.search or None, "user__first_name", "user__last_name")
        )
