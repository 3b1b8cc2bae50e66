"""Mutation that creates or changes the caller's profile."""

import strawberry

from clinic import models, profiles
from schema.core.context import Info
from schema.core.mutations import map_error_fields, mutation
from schema.core.permissions import require_user
from schema.doctors.types import Doctor
from schema.patients.types import Patient
from schema.profiles.inputs import UpsertProfileInput


@strawberry.type
class ProfileMutation:
    @mutation(
        result=Doctor | Patient,
        description="Create or change one of your profiles. Omitted fields keep their values. A "
        "new doctor profile gets working hours from Monday to Friday, 09:00 to 17:00; change them "
        "with `setWorkingHours`.",
    )
    def upsert_profile(
        self, info: Info, input: UpsertProfileInput
    ) -> models.Doctor | models.Patient:
        user = require_user(info)
        if input.doctor:
            with map_error_fields(inside="doctor"):
                return profiles.upsert_doctor(user, **input.doctor.changes())
        assert input.patient, "@oneOf lets exactly one pass"  # noqa: S101 - for the type checker
        with map_error_fields(inside="patient"):
            return profiles.upsert_patient(user, **input.patient.changes())
