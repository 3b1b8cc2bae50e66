"""Mutations of accounts, passwords, avatars and the calendar URL."""

from typing import Annotated, cast

import strawberry
from django.core.files.uploadedfile import UploadedFile
from strawberry.file_uploads import Upload

from clinic.calendars import feed
from schema.accounts.inputs import (
    ChangePasswordInput,
    RegisterInput,
    ResetPasswordInput,
    UpdateAccountInput,
)
from schema.accounts.types import User
from schema.core.context import Info
from schema.core.enums import Gender
from schema.core.inputs import Email
from schema.core.mutations import mutation
from schema.core.permissions import require_user
from users import accounts, models, password_reset
from users.avatars import services as avatars
from users.common import rate_limits
from users.common.client_ip import client_key
from users.common.rate_limits import Throttle
from users.email_addresses import account_key

Image = Annotated[
    Upload,
    strawberry.argument(description="Image file, sent in a multipart request."),
]


@strawberry.type
class AccountMutation:
    @mutation(
        result=User,
        description="Create an account. It does not sign in: call `tokenAuth` next. Where the "
        "clinic requires a verified email address, the account can book after `verifyEmail` with "
        "the token that is sent to it. Needs no access token.",
    )
    def register(self, info: Info, input: RegisterInput) -> models.User:
        rate_limits.consume(Throttle.REGISTRATIONS_PER_CLIENT, client_key(info.context.request))
        user = accounts.register(
            email=input.email,
            password=input.password,
            first_name=input.first_name,
            last_name=input.last_name,
            role=input.role,
            gender=input.gender or Gender.UNDISCLOSED,
        )
        info.context.credential_user = user
        return user

    @mutation(result=User, description="Change your account data.")
    def update_account(self, info: Info, input: UpdateAccountInput) -> models.User:
        return accounts.update(require_user(info), **input.changes())

    @mutation(
        result=User,
        description="Change your password. Ends all your sessions, including the current one: "
        "sign in again afterwards. Also replaces `calendarUrl`: the old URL stops working.",
    )
    def change_password(self, info: Info, input: ChangePasswordInput) -> models.User:
        user = require_user(info)
        rate_limits.consume(Throttle.PASSWORD_CHANGES_PER_USER, str(user.pk))
        return accounts.change_password(
            user,
            old_password=input.old_password,
            new_password=input.new_password,
        )

    @strawberry.mutation(
        description="Request an email with a one-time token for `resetPassword`. Always returns "
        "true, whether or not an account with this email address exists. Needs no access token."
    )
    def request_password_reset(self, info: Info, email: Email) -> bool:
        rate_limits.consume(Throttle.RESET_REQUESTS_PER_CLIENT, client_key(info.context.request))
        rate_limits.consume(Throttle.RESET_REQUESTS_PER_ACCOUNT, account_key(email))
        password_reset.request(email)
        return True

    @mutation(
        result=User,
        description="Set a new password with the token from the password reset email, or the first "
        "one with that of an invitation. Ends all sessions of the account, replaces its "
        "`calendarUrl`, and verifies the email address. Needs no access token.",
    )
    def reset_password(self, info: Info, input: ResetPasswordInput) -> models.User:
        rate_limits.consume(Throttle.RESETS_PER_CLIENT, client_key(info.context.request))
        user = password_reset.reset(token=input.token, new_password=input.new_password)
        info.context.credential_user = user
        return user

    @mutation(
        result=User,
        description="Set your profile picture from a JPEG, PNG or WebP file of at most 5 MB and 25 "
        "megapixels. The image is cropped to its central square, and camera metadata is removed. "
        "Fails with RATE_LIMITED after 10 uploads in an hour, and while the server processes "
        "another image.",
    )
    def upload_avatar(self, info: Info, image: Image) -> models.User:
        return avatars.replace(require_user(info), cast("UploadedFile[bytes]", image))

    @mutation(result=User, description="Delete your profile picture. Succeeds if there is none.")
    def remove_avatar(self, info: Info) -> models.User:
        return avatars.remove(require_user(info))

    @mutation(
        result=User,
        description="Replace `calendarUrl` by a new URL. The old URL stops working immediately.",
    )
    def reset_calendar_url(self, info: Info) -> models.User:
        return feed.reset_token(require_user(info))
