"""Profiles: a field left out keeps its value, null clears it where it can be empty."""

import datetime as dt

import strawberry
from strawberry import UNSET


@strawberry.input(description="A doctor's profile.")
class DoctorProfileInput:
    specialty: str | None = strawberry.field(
        default=UNSET, description="What you practise; 100 characters at most. Needed first."
    )
    phone_number: str | None = strawberry.field(
        default=UNSET, description="Phone number in any usual spelling. Needed first."
    )
    experience_years: int | None = strawberry.field(
        default=UNSET, description="Years in practice, 0 to 80. Needed first."
    )
    slot_minutes: int | None = strawberry.field(
        default=UNSET,
        description="Length of one bookable slot in minutes, 5 to 480 in steps of five; 30 unless "
        "set. What is booked keeps its length.",
    )


@strawberry.input(description="A patient's profile.")
class PatientProfileInput:
    date_of_birth: dt.date | None = strawberry.field(
        default=UNSET, description="Date of birth, in the last 130 years. Needed first."
    )
    address: str | None = strawberry.field(
        default=UNSET, description="Postal address; 300 characters at most."
    )
    emergency_contact_name: str | None = strawberry.field(
        default=UNSET, description="Whom to call in an emergency; 150 characters at most."
    )
    emergency_contact_phone: str | None = strawberry.field(
        default=UNSET, description="Their phone number in any usual spelling."
    )


@strawberry.input(one_of=True, description="The profile to fill in: one that your role allows.")
class UpsertProfileInput:
    doctor: DoctorProfileInput | None = strawberry.field(
        default=UNSET, description="Your profile as a doctor."
    )
    patient: PatientProfileInput | None = strawberry.field(
        default=UNSET, description="Your profile as a patient."
    )
