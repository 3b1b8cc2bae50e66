"""Filters of patients."""

import strawberry
from strawberry import UNSET

from clinic.models.patient import PatientQuerySet
from schema.doctors.filters import search_by_name


@strawberry.input(description="Which patients to list.")
class PatientFilter:
    search: str | None = strawberry.field(
        default=UNSET, description="Words that all occur in the name, in any capitals."
    )

    def apply(self, patients: PatientQuerySet) -> PatientQuerySet:
        return patients.filter(
            search_by_name(self.search or None, "user__first_name", "user__last_name")
        )
