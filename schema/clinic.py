import datetime as dt

import strawberry
from django.conf import settings

from schema.core.context import Info


@strawberry.type(description="What a client must know to show dates and times.")
class Clinic:
    time_zone: str = strawberry.field(
        description="The IANA zone of every `Date` and `Time`, such as `Europe/Berlin`."
    )
    today: dt.date = strawberry.field(description="The date at the clinic, now.")
    lead_time_minutes: int = strawberry.field(
        description="How many minutes ahead a patient must book, at least."
    )
    horizon_days: int = strawberry.field(
        description="How many days ahead a patient may book, at most."
    )


@strawberry.type
class ClinicQuery:
    @strawberry.field(description="The clinic's clock and booking rules. Needs no token.")
    def clinic(self, info: Info) -> Clinic:
        return Clinic(
            time_zone=settings.TIME_ZONE,
            today=info.context.now.date(),
            lead_time_minutes=settings.LEAD_TIME_MINUTES,
            horizon_days=settings.HORIZON_DAYS,
        )
