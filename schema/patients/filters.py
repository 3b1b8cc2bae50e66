"""Filters of patients."""

import strawberry
from strawberry import UNSET

from clinic.models.patient import PatientQuerySet
from schema.core.filters import SEARCH_RULES, search_condition


@strawberry.input(description="Filters for patients.")
class PatientFilter:
    search: str | None = strawberry.field(
        default=UNSET,
        description="Words that must all occur in the name, in any order. " + SEARCH_RULES,
    )

    def apply(self, patients: PatientQuerySet) -> PatientQuerySet:
        return patients.filter(
            search_condition(
                self.search or None, "user__first_name_folded", "user__last_name_folded"
            )
        )
