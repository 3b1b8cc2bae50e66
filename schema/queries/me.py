from typing import cast

import strawberry

from schema.context import Info
from schema.permissions import require_user
from schema.types.user import User


@strawberry.type
class MeQuery:
    @strawberry.field(description="Your own account.")
    def me(self, info: Info) -> User:
        return cast("User", require_user(info))
