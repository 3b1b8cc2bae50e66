"""GraphQL type of users as other users see them, and profile pictures."""

from enum import StrEnum
from typing import Annotated

import strawberry
import strawberry_django
from django.db.models.fields.files import FieldFile
from strawberry import relay

from schema.core.context import Info
from schema.core.enums import register_enum
from schema.core.record_access import is_readable
from users.models import User


class AvatarSize(StrEnum):
    LARGE = "large"
    SMALL = "small"


register_enum(
    AvatarSize,
    description="Size of a profile picture.",
    values={
        AvatarSize.LARGE: "512 by 512 pixels.",
        AvatarSize.SMALL: "128 by 128 pixels.",
    },
)
Size = Annotated[AvatarSize, strawberry.argument(description="Size of the picture.")]


def picture_of(user: User, size: AvatarSize) -> FieldFile:
    """Return the avatar file of that size; it is falsy if there is none."""
    return user.avatar_small if size is AvatarSize.SMALL else user.avatar


@strawberry_django.type(
    User,
    name="Person",
    description="A user as other users see them. Your own account is a `User`.",
)
class Person(relay.Node):
    id: relay.NodeID[int]
    first_name: str = strawberry_django.field(description="Given name.")
    last_name: str = strawberry_django.field(description="Family name.")

    @strawberry_django.field(
        only=["email"],
        description="Email address; null unless this is you, a doctor with whom you have an "
        "appointment of any status, or a patient whose record you can read.",
    )
    def email(self, root: strawberry.Parent[User], info: Info) -> str | None:
        return (
            root.email if info.context.contact_visibility.can_see_contact_details(root.pk) else None
        )

    @strawberry_django.field(
        only=["avatar", "avatar_small", "is_patient"],
        description="URL of the profile picture, a square WebP image; null if there is none, and "
        "for a patient of yours whose record you cannot read.",
    )
    def avatar_url(
        self, root: strawberry.Parent[User], info: Info, size: Size = AvatarSize.LARGE
    ) -> str | None:
        return (
            info.context.media_url(picture_of(root, size)) if _shows_picture(root, info) else None
        )


def _shows_picture(person: User, info: Info) -> bool:
    """Return whether the caller can see more of the person than the name."""
    # No query for doctors, whose picture is public, nor for callers who are no doctors.
    if is_readable(person) or not person.is_patient:
        return True
    caller = info.context.user
    if person == caller or not caller.is_doctor:
        return True
    return person.pk not in info.context.contact_visibility.named_only
