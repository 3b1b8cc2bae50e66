from dataclasses import asdict
from typing import Any

import strawberry
from strawberry import UNSET

from clinic import models, profiles
from schema.core.context import Info
from schema.core.mutations import map_error_fields, mutation
from schema.core.permissions import require_user
from schema.doctors.types import Doctor
from schema.patients.types import Patient
from schema.profiles.inputs import DoctorProfileInput, PatientProfileInput, UpsertProfileInput

# What may be empty is cleared by null.
EMPTIABLE = frozenset({"address", "emergency_contact_name", "emergency_contact_phone"})


def changes_of(profile: DoctorProfileInput | PatientProfileInput) -> dict[str, Any]:
    """What the input says; what it leaves out is not in it."""
    return {
        name: "" if value is None and name in EMPTIABLE else value
        for name, value in asdict(profile).items()
        if value is not UNSET
    }


@strawberry.type
class ProfileMutation:
    @mutation(
        answers=Doctor | Patient,
        description="Fill in or change your profile. What is left out keeps its value. A new "
        "doctor works Monday to Friday, 09:00 to 17:00, until `setWorkingHours` says otherwise.",
    )
    def upsert_profile(
        self, info: Info, input: UpsertProfileInput
    ) -> models.Doctor | models.Patient:
        user = require_user(info)
        if input.doctor:
            with map_error_fields(inside="doctor"):
                return profiles.upsert_doctor(user, **changes_of(input.doctor))
        assert input.patient, "@oneOf lets exactly one pass"  # noqa: S101 - for the type checker
        with map_error_fields(inside="patient"):
            return profiles.upsert_patient(user, **changes_of(input.patient))
