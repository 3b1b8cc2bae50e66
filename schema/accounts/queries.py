"""Queries of the caller's own account and data export."""

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
        description="All personal data stored about you, as one JSON object: account, profiles, "
        "appointments with their history and notifications, schedule, sessions, admin log entries "
        "and accesses to your record. Date and time formats are ISO 8601; instants are in UTC."
    )
    def export_my_data(self, info: Info) -> JSON:
        return JSON(export.export_user(require_user(info)))
