"""What can be done."""

import strawberry

from schema.mutations.accounts import AccountMutation
from schema.mutations.tokens import TokenMutation


@strawberry.type(description="What can be done.")
class Mutation(TokenMutation, AccountMutation):
    pass
