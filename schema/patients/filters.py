"""Filters of patients."""

import datetime as dt

import strawberry
from strawberry import UNSET

from clinic.models.patient import PatientQuerySet
from schema.core.filters import SEARCH_RULES, search_condition, validate_search_text
from users.fields import parse_phone_number


@strawberry.input(description="Filters for patients.")
class PatientFilter:
    search: str | None = strawberry.field(
        default=UNSET,
        description="Words that must all occur in the name, in any order. " + SEARCH_RULES,
    )

    date_of_birth: dt.date | None = strawberry.field(
        default=UNSET, description="Only patients who were born on this date."
    )
    phone_number: str | None = strawberry.field(
        default=UNSET,
        description="Only patients with this phone number, in E.164 or in the national format of "
        "the clinic's country. Another text finds nobody; an empty one has no effect.",
    )

    def apply(self, patients: PatientQuerySet) -> PatientQuerySet:
        patients = patients.filter(
            search_condition(
                self.search or None, "user__first_name_folded", "user__last_name_folded"
            )
        )
        if self.date_of_birth:
            patients = patients.filter(date_of_birth=self.date_of_birth)
        if self.phone_number:
            number = parse_phone_number(validate_search_text(self.phone_number))
            patients = patients.filter(phone_number=number) if number else patients.none()
        return patients
