"""Mutations of the caller's second factor."""

from typing import Annotated

import strawberry

from schema.accounts.types import User
from schema.core.context import Info
from schema.core.mutations import mutation
from schema.core.permissions import require_user
from users import accounts, models
from users.authentication import second_factor

Password = Annotated[str, strawberry.argument(description="Your password.")]
Code = Annotated[
    str, strawberry.argument(description="Six-digit code that the authenticator app shows now.")
]


@strawberry.type(description="What an authenticator app needs to compute one-time codes.")
class OtpEnrolment:
    secret: str = strawberry.field(
        description="Secret in base32, to be typed into the app. It is shown in this response only."
    )
    uri: str = strawberry.field(
        description="`otpauth://` URI with the secret, to be shown as a QR code."
    )


@strawberry.type(description="Recovery codes of the second factor.")
class OtpRecoveryCodes:
    codes: list[str] = strawberry.field(
        description="Ten codes, each of which replaces a code of the app once. They are shown in "
        "this response only: ask the user to keep them in a safe place."
    )


@strawberry.type
class SecondFactorMutation:
    @mutation(
        result=OtpEnrolment,
        description="Start to set up a second factor (TOTP) for your account. It is in effect "
        "after `confirmOtpEnrolment`. Starting again replaces a secret that was not confirmed.",
    )
    def start_otp_enrolment(self, info: Info, password: Password) -> OtpEnrolment:
        user = require_user(info)
        accounts.require_password(user, password)
        enrolment = second_factor.begin_enrolment(user)
        return OtpEnrolment(secret=enrolment.secret, uri=enrolment.uri)

    @mutation(
        result=OtpRecoveryCodes,
        description="Enable the second factor with a code of the app. From then on `tokenAuth` "
        "needs `otp`. Your sessions stay open.",
    )
    def confirm_otp_enrolment(self, info: Info, code: Code) -> OtpRecoveryCodes:
        return OtpRecoveryCodes(codes=second_factor.confirm_enrolment(require_user(info), code))

    @mutation(
        result=User,
        description="Disable your second factor, with your password and a code of the app or a "
        "recovery code. Staff cannot disable it where the clinic requires it.",
    )
    def disable_otp(self, info: Info, password: Password, code: Code) -> models.User:
        user = require_user(info)
        accounts.require_password(user, password)
        second_factor.disable(user, code)
        return user
