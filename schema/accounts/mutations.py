from typing import Annotated, cast

import strawberry
from django.core.files.uploadedfile import UploadedFile
from strawberry import UNSET
from strawberry.file_uploads import Upload

from clinic.calendars import feed
from schema.accounts.inputs import (
    ChangePasswordInput,
    Email,
    RegisterInput,
    ResetPasswordInput,
    UpdateAccountInput,
)
from schema.accounts.types import User
from schema.core.context import Info
from schema.core.enums import Gender
from schema.core.mutations import mutation
from schema.core.permissions import require_user
from users import accounts, models, password_reset
from users.accounts import AccountChanges
from users.avatars import services as avatars
from users.common import rate_limits
from users.common.client_ip import client_key
from users.common.rate_limits import Throttle

Image = Annotated[
    Upload,
    strawberry.argument(description="The picture, as a file of a multipart request."),
]


def changes_of(sent: UpdateAccountInput) -> AccountChanges:
    changes = {name: value for name, value in vars(sent).items() if value is not UNSET}
    if "gender" in changes:
        changes["gender"] = changes["gender"] or Gender.UNDISCLOSED
    return cast("AccountChanges", changes)


@strawberry.type
class AccountMutation:
    @mutation(
        answers=User, description="Open an account. It is not signed in yet: see `tokenAuth`."
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

    @mutation(answers=User, description="Change your account.")
    def update_account(self, info: Info, input: UpdateAccountInput) -> models.User:
        return accounts.update(require_user(info), **changes_of(input))

    @mutation(answers=User, description="Set a new password. It ends every sign-in, this one too.")
    def change_password(self, info: Info, input: ChangePasswordInput) -> models.User:
        user = require_user(info)
        rate_limits.consume(Throttle.PASSWORD_CHANGES_PER_USER, str(user.pk))
        return accounts.change_password(
            user,
            old_password=input.old_password,
            new_password=input.new_password,
        )

    @strawberry.mutation(
        description="Ask for an e-mail with a one-time token for `resetPassword`. Always true: it "
        "does not tell whether there is such an account."
    )
    def request_password_reset(self, info: Info, email: Email) -> bool:
        rate_limits.consume(Throttle.RESET_REQUESTS_PER_CLIENT, client_key(info.context.request))
        account = models.User.objects.normalize_email(email)
        rate_limits.consume(Throttle.RESET_REQUESTS_PER_ACCOUNT, account)
        password_reset.request(email)
        return True

    @mutation(
        answers=User, description="Set a new password for a forgotten one. It ends every sign-in."
    )
    def reset_password(self, info: Info, input: ResetPasswordInput) -> models.User:
        rate_limits.consume(Throttle.RESETS_PER_CLIENT, client_key(info.context.request))
        user = password_reset.reset(token=input.token, new_password=input.new_password)
        info.context.credential_user = user
        return user

    @mutation(
        answers=User,
        description="Set your picture: a JPEG, PNG or WebP of 5 MB and 25 megapixels at most. Its "
        "middle is kept as a square, without the data a camera adds.",
    )
    def upload_avatar(self, info: Info, image: Image) -> models.User:
        return avatars.replace(require_user(info), cast("UploadedFile[bytes]", image))

    @mutation(answers=User, description="Remove your picture.")
    def remove_avatar(self, info: Info) -> models.User:
        return avatars.remove(require_user(info))

    @mutation(
        answers=User,
        description="Give your calendar another address; the old `calendarUrl` ends at once.",
    )
    def reset_calendar_url(self, info: Info) -> models.User:
        return feed.reset_token(require_user(info))
