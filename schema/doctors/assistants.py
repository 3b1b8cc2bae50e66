"""Assistants of a doctor: who sees them, and the mutation that names them."""

import strawberry

from clinic import assistants, models
from clinic.booking.access import find_doctor
from schema.core.context import Info
from schema.core.mutations import mutation
from schema.core.permissions import require_role
from schema.doctors.types import Doctor
from users.models import Role


@strawberry.input(description="All users who act for you as a doctor.")
class SetAssistantsInput:
    emails: list[str] = strawberry.field(
        description="Email addresses of the accounts, at most 50. An address that is listed twice "
        "counts once. An empty list removes all assistants."
    )


@strawberry.type
class AssistantMutation:
    @mutation(
        result=Doctor,
        description="Replace your assistants as a doctor. An assistant can do what you can do with "
        "your schedule, your appointments and your patients, but cannot name assistants or change "
        "your account. The right of an assistant who is not in the list ends at once. `not_found` "
        "on `emails.N` for an address without an account that can sign in with it, once verified. "
        "Fails with RATE_LIMITED after 60 new addresses in a day. Staff must have approved your "
        "profile.",
    )
    def set_assistants(self, info: Info, input: SetAssistantsInput) -> models.Doctor:
        doctor = find_doctor(require_role(info, Role.DOCTOR), None)
        return assistants.set_assistants(doctor, input.emails)
