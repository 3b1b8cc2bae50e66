"""Mutations of the right to act for a patient."""

import datetime as dt

import strawberry
from strawberry import UNSET, relay

from clinic import guardians, models
from clinic.guardians import NewDependant
from clinic.privacy.visibility import readable_patients
from schema.core.context import Info
from schema.core.enums import Gender, Relationship
from schema.core.global_ids import global_id_to_pk, optional_pk
from schema.core.mutations import mutation
from schema.core.permissions import require_user
from schema.patients.types import Patient
from schema.people import Person
from users.common import rate_limits
from users.common.rate_limits import Throttle


@strawberry.input(description="A new patient without an account, for whom you act.")
class AddDependantInput:
    first_name: str = strawberry.field(description="Given name, at most 150 characters.")
    last_name: str = strawberry.field(description="Family name, at most 150 characters.")
    date_of_birth: dt.date = strawberry.field(
        description="Date of birth, at most 130 years ago and not in the future."
    )
    relationship: Relationship = strawberry.field(
        description="What you are to the patient: `CHILD` for your own parent."
    )
    gender: Gender | None = strawberry.field(
        default=UNSET, description="Gender. Defaults to `UNDISCLOSED`."
    )

    def dependant(self) -> NewDependant:
        gender = self.gender or Gender.UNDISCLOSED
        return NewDependant(self.first_name, self.last_name, self.date_of_birth, gender)


@strawberry.input(description="Right to act for a patient that ends.")
class RemoveDependantInput:
    patient_id: relay.GlobalID = strawberry.field(
        description="Global ID of the patient: one for whom you act, or yourself."
    )
    guardian_id: relay.GlobalID | None = strawberry.field(
        default=None,
        description="Global ID of the `Person` whose right ends. Required for your own patient "
        "profile; defaults to you for other patients.",
    )


@strawberry.type
class DependantMutation:
    @mutation(
        result=Patient,
        description="Add a patient for whom you act, such as your child. The patient has no "
        "account. You book, move, cancel and read for the patient. One account can act for a "
        "limited number of patients (`invalid`). To act for a patient whom the clinic knows, ask "
        "the clinic.",
    )
    def add_dependant(self, info: Info, input: AddDependantInput) -> models.Patient:
        user = require_user(info)
        rate_limits.consume(Throttle.DEPENDANTS_PER_USER, str(user.pk))
        return guardians.add_dependant(user, input.dependant(), input.relationship)

    @mutation(
        result=Patient,
        description="End your right to act for a patient, or the right of one of your own "
        "guardians. It ends at once. While a patient without an account has open appointments, "
        "the last guardian cannot be removed (`invalid`). Returns the patient.",
    )
    def remove_dependant(self, info: Info, input: RemoveDependantInput) -> models.Patient:
        user = require_user(info)
        patient = guardians.remove_dependant(
            user,
            global_id_to_pk(input.patient_id, of=models.Patient),
            optional_pk(input.guardian_id, of=Person),
            info.context.now,
        )
        # Asked again, because the response must not show what the caller cannot read any more.
        patient.record_readable = patient.pk in readable_patients(user, [patient.pk])
        return patient
