"""Input type of the profile mutation."""

import strawberry
from strawberry import UNSET

from schema.doctors.inputs import DoctorProfileInput
from schema.patients.inputs import PatientProfileInput


@strawberry.input(
    one_of=True,
    description="Profile to create or change. Set exactly one field, for a role that you have.",
)
class UpsertProfileInput:
    doctor: DoctorProfileInput | None = strawberry.field(
        default=UNSET, description="Your doctor profile. Requires the doctor role."
    )
    patient: PatientProfileInput | None = strawberry.field(
        default=UNSET, description="Your patient profile. Requires the patient role."
    )
