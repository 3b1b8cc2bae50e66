"""Input types of the account mutations."""

from typing import cast

import strawberry
from strawberry import UNSET

from schema.core.enums import Gender, Role
from schema.core.inputs import sent_fields
from users.accounts import AccountChanges


@strawberry.input(description="Account to create.")
class RegisterInput:
    email: str = strawberry.field(
        description="Email address used to sign in, unique and case-insensitive. It is stored "
        "with the domain in ASCII (IDNA 2008); before the @ it must be ASCII."
    )
    password: str = strawberry.field(
        description="Password, at least 8 characters. Passwords that are common, entirely numeric "
        "or similar to the other account data are rejected."
    )
    first_name: str = strawberry.field(description="Given name, at most 150 characters.")
    last_name: str = strawberry.field(description="Family name, at most 150 characters.")
    role: Role = strawberry.field(description="Role of the account. Only staff can add another.")
    gender: Gender | None = strawberry.field(
        default=UNSET, description="Gender. Defaults to `UNDISCLOSED`."
    )


@strawberry.input(description="Changes to your account. Omitted fields keep their values.")
class UpdateAccountInput:
    first_name: str | None = strawberry.field(
        default=UNSET, description="Given name, at most 150 characters. Cannot be empty or null."
    )
    last_name: str | None = strawberry.field(
        default=UNSET, description="Family name, at most 150 characters. Cannot be empty or null."
    )
    gender: Gender | None = strawberry.field(
        default=UNSET, description="Gender. Null sets `UNDISCLOSED`."
    )

    def changes(self) -> AccountChanges:
        """Return the account fields to change."""
        changes = sent_fields(self)
        if "gender" in changes:
            changes["gender"] = changes["gender"] or Gender.UNDISCLOSED
        return cast("AccountChanges", changes)


@strawberry.input(description="Change of your password.")
class ChangePasswordInput:
    old_password: str = strawberry.field(description="Current password.")
    new_password: str = strawberry.field(
        description="New password, with the same rules as in `RegisterInput.password`."
    )


@strawberry.input(description="Reset of a forgotten password.")
class ResetPasswordInput:
    token: str = strawberry.field(
        description="Token from the email that `requestPasswordReset` or `invitePatient` sends. It "
        "can be used once, until the expiry stated in the email or the next sign-in."
    )
    new_password: str = strawberry.field(
        description="New password, with the same rules as in `RegisterInput.password`."
    )


@strawberry.input(description="Change of your email address.")
class RequestEmailChangeInput:
    new_email: str = strawberry.field(
        description="New email address, with the same rules as in `RegisterInput.email`."
    )
    password: str = strawberry.field(description="Your password.")
