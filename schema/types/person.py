"""How everybody but oneself is shown."""

import strawberry
import strawberry_django
from strawberry import auto, relay

from schema.context import Info
from schema.types.avatar import AvatarSize, Size, picture_of
from users.models import User


@strawberry_django.type(
    User,
    name="Person",
    description="Somebody, as others see them. Yourself in full is a `User`.",
)
class Person(relay.Node):
    id: relay.NodeID[int]
    first_name: auto = strawberry_django.field(description="Given name.")
    last_name: auto = strawberry_django.field(description="Family name.")

    @strawberry_django.field(
        only=["email"],
        description="E-mail address; null unless you are their doctor or their patient.",
    )
    def email(self, root: strawberry.Parent[User], info: Info) -> str | None:
        return root.email if info.context.counterparts.knows(root.pk) else None

    @strawberry_django.field(
        only=["avatar", "avatar_small"],
        description="Address of their picture, a square WebP; null if they have none.",
    )
    def avatar_url(
        self, root: strawberry.Parent[User], info: Info, size: Size = AvatarSize.LARGE
    ) -> str | None:
        return info.context.media_url(picture_of(root, size))
