"""What can be done."""

import strawberry

from schema.mutations.accounts import AccountMutation
from schema.mutations.appointments import AppointmentMutation
from schema.mutations.profiles import ProfileMutation
from schema.mutations.schedule import ScheduleMutation
from schema.mutations.tokens import TokenMutation


@strawberry.type(description="What can be done.")
class Mutation(
    TokenMutation, AccountMutation, ProfileMutation, ScheduleMutation, AppointmentMutation
):
    pass
