"""Query of the clinic's time zone and booking rules."""

import datetime as dt

import strawberry
from django.conf import settings

from schema.core.context import Info


@strawberry.type(description="Time zone and booking rules of the clinic.")
class Clinic:
    time_zone: str = strawberry.field(
        description="IANA name of the time zone of all `Date` and `Time` values, such as "
        "`Europe/Berlin`."
    )
    today: dt.date = strawberry.field(description="Current date in the clinic's time zone.")
    lead_time_minutes: int = strawberry.field(
        description="Minimum time between booking and start of an appointment, in minutes. Applies "
        "to patients, not to doctors."
    )
    horizon_days: int = strawberry.field(
        description="Maximum number of days in advance that patients can book. Does not apply to "
        "doctors."
    )


@strawberry.type
class ClinicQuery:
    @strawberry.field(
        description="Time zone and booking rules of the clinic. Needs no access token."
    )
    def clinic(self, info: Info) -> Clinic:
        return Clinic(
            time_zone=settings.TIME_ZONE,
            today=info.context.now.date(),
            lead_time_minutes=settings.LEAD_TIME_MINUTES,
            horizon_days=settings.HORIZON_DAYS,
        )
