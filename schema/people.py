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
from users.models import Role, User


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
# The attribute of an account that says whether the caller sees its picture and email address, where
# that follows from the list that the account is in.
CONTACT_SHOWN = "_contact_shown"
Size = Annotated[AvatarSize, strawberry.argument(description="Size of the picture.")]


def picture_of(user: User, size: AvatarSize) -> FieldFile:
    """Return the avatar file of that size; it is falsy if there is none."""
    return user.avatar_small if size is AvatarSize.SMALL else user.avatar


def set_contact_shown(person: User, *, shown: bool) -> None:
    """Show or hide the picture and the email address of a person in a list.

    If hidden, those who can see the person's contact details otherwise still do.
    """
    setattr(person, CONTACT_SHOWN, shown)


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
        description="Email address; null unless this is you, a doctor with whom you or a patient "
        "for whom you act have an appointment of any status, a patient whose record you can read, "
        "or your assistant. Also null for a person who has none.",
    )
    def email(self, root: strawberry.Parent[User], info: Info) -> str | None:
        if getattr(root, CONTACT_SHOWN, False):
            return root.email
        return (
            root.email if info.context.contact_visibility.can_see_contact_details(root.pk) else None
        )

    @strawberry_django.field(
        only=["avatar", "avatar_small", "is_patient"],
        description="URL of the profile picture, a square WebP image; null if there is none, and "
        "for doctors and staff if it is that of a patient whose record they cannot read.",
    )
    def avatar_url(
        self, root: strawberry.Parent[User], info: Info, size: Size = AvatarSize.LARGE
    ) -> str | None:
        return (
            info.context.media_url(picture_of(root, size)) if _shows_picture(root, info) else None
        )


def _shows_picture(person: User, info: Info) -> bool:
    """Return whether the caller can see more of the person than the name."""
    shown: bool | None = getattr(person, CONTACT_SHOWN, None)
    if shown is not None:
        return shown or info.context.contact_visibility.can_see_contact_details(person.pk)
    # No query for doctors, whose picture is public, nor for callers who get no foreign record.
    if is_readable(person) or not person.is_patient:
        return True
    caller = info.context.user
    if person == caller or not (caller.is_staff or caller.acts_as(Role.DOCTOR)):
        return True
    return info.context.contact_visibility.can_see_picture(person.pk)
