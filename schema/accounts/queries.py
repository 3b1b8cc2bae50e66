"""Queries of the caller's own account and data export."""

import strawberry
import strawberry_django
from strawberry.scalars import JSON

from clinic.privacy import export
from schema.accounts.types import User
from schema.core.context import Info
from schema.core.permissions import require_user
from users import models
from users.common import rate_limits
from users.common.rate_limits import Throttle

# Of one appointment, in the unit of ``users.common.request_costs``.
EXPORT_COST = 6


@strawberry.type
class MeQuery:
    @strawberry_django.field(graphql_type=User, description="Your own account.")
    def me(self, info: Info) -> models.User:
        return require_user(info)

    @strawberry.field(
        description="All personal data stored about you, as one JSON object: account, profiles, "
        "appointments with their history and notifications, schedule, sessions, admin log entries "
        "and accesses to your record. `dependants` are the records of other persons, which you can "
        "read as their guardian. Date and time formats are ISO 8601; instants are in UTC. "
        "At most 5 exports a day."
    )
    def export_my_data(self, info: Info) -> JSON:
        user = require_user(info)
        rate_limits.consume(Throttle.EXPORTS_PER_USER, str(user.pk))
        info.context.charge(EXPORT_COST * export.number_of_appointments(user))
        for dependant in export.dependants_in_export(user):
            info.context.access_tracker.record_export(dependant)
        return JSON(export.export_user(user))
