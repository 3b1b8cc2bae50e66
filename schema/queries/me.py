import strawberry
import strawberry_django

from schema.context import Info
from schema.permissions import require_user
from schema.types.user import User
from users import models


@strawberry.type
class MeQuery:
    @strawberry_django.field(graphql_type=User, description="Your own account.")
    def me(self, info: Info) -> models.User:
        return require_user(info)
