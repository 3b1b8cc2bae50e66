"""Pictures of people, large and small."""

from enum import StrEnum
from typing import Annotated

import strawberry
from django.db.models.fields.files import FieldFile

from schema.enums import describe
from users.models import User


class AvatarSize(StrEnum):
    LARGE = "large"
    SMALL = "small"


describe(
    AvatarSize,
    description="How large a picture is.",
    values={
        AvatarSize.LARGE: "512 by 512 pixels.",
        AvatarSize.SMALL: "128 by 128 pixels.",
    },
)
Size = Annotated[AvatarSize, strawberry.argument(description="How large it should be.")]


def picture_of(user: User, size: AvatarSize) -> FieldFile:
    """The file, which is false if there is none."""
    return user.avatar_small if size is AvatarSize.SMALL else user.avatar
