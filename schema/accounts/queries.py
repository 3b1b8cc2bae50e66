import strawberry
import strawberry_django
from strawberry.scalars import JSON

from clinic.privacy import export
from schema.accounts.types import User
from schema.core.context import Info
from schema.core.permissions import require_user
from users import models


@strawberry.type
class MeQuery:
    @strawberry_django.field(graphql_type=User, description="Your own account.")
    def me(self, info: Info) -> models.User:
        return require_user(info)

    @strawberry.field(
        description="Everything that is held about you, as one JSON object: account, profiles, "
        "visits with their history and letters, schedule, sign-ins, what the desk noted, and who "
        "read your record."
    )
    def export_my_data(self, info: Info) -> JSON:
        return JSON(export.export_user(require_user(info)))
