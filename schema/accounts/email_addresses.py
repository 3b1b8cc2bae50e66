"""Mutations that verify or change the caller's email address."""

from typing import Annotated

import strawberry

from schema.accounts.inputs import RequestEmailChangeInput
from schema.accounts.types import User
from schema.core.context import Info
from schema.core.mutations import mutation
from schema.core.permissions import require_user
from users import email_change, email_verification, models
from users.common import rate_limits
from users.common.client_ip import client_key
from users.common.rate_limits import Throttle

Token = Annotated[
    str,
    strawberry.argument(
        description="Token from the email that `register`, `requestEmailVerification` or "
        "`requestEmailChange` sends. It can be used once."
    ),
]


@strawberry.type
class EmailAddressMutation:
    @strawberry.mutation(
        description="Request an email with a one-time token for `verifyEmail`, which replaces "
        "older ones. Always returns true; no email is sent if the address is verified already."
    )
    def request_email_verification(self, info: Info) -> bool:
        email_verification.request_verification(require_user(info))
        return True

    @mutation(
        result=User,
        description="Verify the email address of an account with the token that was sent to it. "
        "With the token of a change, the account gets the new address. Needs no access token.",
    )
    def verify_email(self, info: Info, token: Token) -> models.User:
        rate_limits.consume(Throttle.VERIFICATIONS_PER_CLIENT, client_key(info.context.request))
        user = email_verification.use_link(token)
        info.context.credential_user = user
        return user

    @mutation(
        result=User,
        description="Change your email address. It changes when the token that is sent to the new "
        "address is used (`verifyEmail`). The old address is notified and can stop the change "
        "until 24 hours after it. An address that another account has is answered in the same way.",
    )
    def request_email_change(self, info: Info, input: RequestEmailChangeInput) -> models.User:
        return email_change.request_change(
            require_user(info), new_email=input.new_email, password=input.password
        )
