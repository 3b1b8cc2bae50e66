"""What clients send about their accounts."""

from typing import Annotated

import strawberry
from strawberry import UNSET

from schema.core.enums import Gender, Role

Email = Annotated[str, strawberry.argument(description="E-mail address, in any capitals.")]


@strawberry.input(description="A new account.")
class RegisterInput:
    email: str = strawberry.field(
        description="E-mail address, by which the account signs in; capitals do not matter."
    )
    password: str = strawberry.field(description="Password, of 8 characters at least.")
    first_name: str = strawberry.field(description="Given name, of 150 characters at most.")
    last_name: str = strawberry.field(description="Family name, of 150 characters at most.")
    role: Role = strawberry.field(description="In which capacity it uses the clinic.")
    gender: Gender | None = strawberry.field(
        default=UNSET, description="Gender; `UNDISCLOSED` when left out."
    )


@strawberry.input(description="Changes to your account; what is left out stays as it is.")
class UpdateAccountInput:
    first_name: str | None = strawberry.field(
        default=UNSET, description="Given name; it cannot be empty."
    )
    last_name: str | None = strawberry.field(
        default=UNSET, description="Family name; it cannot be empty."
    )
    gender: Gender | None = strawberry.field(
        default=UNSET, description="Gender; null makes it `UNDISCLOSED`."
    )


@strawberry.input(description="A new password in place of one you know.")
class ChangePasswordInput:
    old_password: str = strawberry.field(description="The password until now.")
    new_password: str = strawberry.field(description="The password from now on.")


@strawberry.input(description="A new password in place of a forgotten one.")
class ResetPasswordInput:
    token: str = strawberry.field(description="The one-time token from the e-mail.")
    new_password: str = strawberry.field(description="The password from now on.")
