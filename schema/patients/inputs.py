"""Input type of the patient profile."""

import datetime as dt
from typing import Any

import strawberry
from strawberry import UNSET

from schema.core.inputs import sent_fields

# Null clears these fields, which the database stores as empty text.
CLEARABLE_FIELDS = frozenset({"address", "emergency_contact_name", "emergency_contact_phone"})


@strawberry.input(
    description="Changes to your patient profile. Omitted fields keep their values. Null clears "
    "every field except `dateOfBirth`."
)
class PatientProfileInput:
    date_of_birth: dt.date | None = strawberry.field(
        default=UNSET,
        description="Date of birth, at most 130 years ago and not in the future. Required when the "
        "profile is created; cannot be null.",
    )
    address: str | None = strawberry.field(
        default=UNSET, description="Postal address, at most 300 characters."
    )
    emergency_contact_name: str | None = strawberry.field(
        default=UNSET, description="Name of the emergency contact, at most 150 characters."
    )
    emergency_contact_phone: str | None = strawberry.field(
        default=UNSET,
        description="Phone number of the emergency contact, in E.164 or in the national format of "
        "the clinic's country.",
    )

    def changes(self) -> dict[str, Any]:
        """Return the profile fields to change; null becomes empty text where it can."""
        return {
            name: "" if value is None and name in CLEARABLE_FIELDS else value
            for name, value in sent_fields(self).items()
        }
