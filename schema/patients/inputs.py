"""Input types of the patient profile and of the registration of a patient."""

import datetime as dt
from typing import Any

import strawberry
from strawberry import UNSET, relay

from clinic.people.registration import NewPatient
from schema.core.enums import Gender
from schema.core.inputs import sent_fields

# Null clears these fields, which the database stores as empty text.
CLEARABLE_FIELDS = frozenset(
    {"phone_number", "address", "emergency_contact_name", "emergency_contact_phone"}
)
PHONE_FORMATS = "in E.164 or in the national format of the clinic's country."


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
    phone_number: str | None = strawberry.field(
        default=UNSET, description=f"Phone number, {PHONE_FORMATS}"
    )
    address: str | None = strawberry.field(
        default=UNSET, description="Postal address, at most 300 characters."
    )
    emergency_contact_name: str | None = strawberry.field(
        default=UNSET, description="Name of the emergency contact, at most 150 characters."
    )
    emergency_contact_phone: str | None = strawberry.field(
        default=UNSET,
        description=f"Phone number of the emergency contact, {PHONE_FORMATS}",
    )

    def changes(self) -> dict[str, Any]:
        """Return the profile fields to change; null becomes empty text where it can."""
        return {
            name: "" if value is None and name in CLEARABLE_FIELDS else value
            for name, value in sent_fields(self).items()
        }


@strawberry.input(description="Invitation of a patient who has no sign-in yet.")
class InvitePatientInput:
    patient_id: relay.GlobalID = strawberry.field(description="Global ID of the patient.")
    email: str = strawberry.field(
        description="Email address of the patient, with the same rules as in `RegisterInput.email`."
    )


@strawberry.input(
    description="Person to register as a patient. Staff, doctors and assistants send it."
)
class RegisterPatientInput:
    first_name: str = strawberry.field(description="Given name, at most 150 characters.")
    last_name: str = strawberry.field(description="Family name, at most 150 characters.")
    date_of_birth: dt.date = strawberry.field(
        description="Date of birth, at most 130 years ago and not in the future."
    )
    phone_number: str | None = strawberry.field(
        default=None, description=f"Phone number, {PHONE_FORMATS}"
    )
    email: str | None = strawberry.field(
        default=None,
        description="Email address to which an invitation is sent. It becomes the patient's "
        "address when the invitation is accepted.",
    )
    gender: Gender | None = strawberry.field(
        default=None, description="Gender; null for `UNDISCLOSED`."
    )
    address: str | None = strawberry.field(
        default=None, description="Postal address, at most 300 characters."
    )
    emergency_contact_name: str | None = strawberry.field(
        default=None, description="Name of the emergency contact, at most 150 characters."
    )
    emergency_contact_phone: str | None = strawberry.field(
        default=None, description=f"Phone number of the emergency contact, {PHONE_FORMATS}"
    )
    register_anyway: bool | None = strawberry.field(
        default=None,
        description="From staff: register the person although the clinic may know them already "
        "(`possible_duplicate`).",
    )
    doctor_id: relay.GlobalID | None = strawberry.field(
        default=None,
        description="Doctor for whom the patient is registered, and who can then read the record. "
        "Required from assistants of several doctors; optional from staff. Doctors register for "
        "themselves without it.",
    )

    def person(self) -> NewPatient:
        """Return the person; null counts as empty."""
        return NewPatient(
            first_name=self.first_name,
            last_name=self.last_name,
            date_of_birth=self.date_of_birth,
            phone_number=self.phone_number or "",
            email=self.email,
            gender=self.gender or Gender.UNDISCLOSED,
            address=self.address or "",
            emergency_contact_name=self.emergency_contact_name or "",
            emergency_contact_phone=self.emergency_contact_phone or "",
        )
