"""Yourself."""

import strawberry
import strawberry_django
from strawberry import auto, relay

from schema.context import Info
from schema.enums import Gender
from users import models


@strawberry_django.type(
    models.User, name="User", description="Your own account. Everyone else is a `Person`."
)
class User(relay.Node):
    id: relay.NodeID[int]
    email: auto = strawberry_django.field(description="E-mail address, in lower case.")
    first_name: auto = strawberry_django.field(description="Given name.")
    last_name: auto = strawberry_django.field(description="Family name.")
    gender: Gender = strawberry_django.field(description="Gender, as you say it.")
    is_doctor: auto = strawberry_django.field(description="Whether you act as a doctor.")
    is_patient: auto = strawberry_django.field(description="Whether you act as a patient.")

    @strawberry_django.field(
        only=["avatar"], description="Address of your picture; null if you have none."
    )
    def avatar_url(self, root: strawberry.Parent[models.User], info: Info) -> str | None:
        return info.context.media_url(root.avatar)
