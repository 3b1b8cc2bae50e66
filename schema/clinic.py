"""Query of the clinic's contact data, time zone, booking rules and closures."""

import datetime as dt

import strawberry
import strawberry_django
from django.conf import settings

from clinic import models
from schema.closures.types import Closure
from schema.core.batching import attach_batch
from schema.core.context import Info


@strawberry.type(description="Contact data, time zone, booking rules and closures of the clinic.")
class Clinic:
    name: str = strawberry.field(description="Name of the clinic.")
    phone_number: str = strawberry.field(
        description="Telephone number for patients; empty if it is not set."
    )
    address: str = strawberry.field(description="Postal address; empty if it is not set.")
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

    max_open_appointments: int | None = strawberry.field(
        description="How many open appointments in the future patients can have booked online. An "
        "account that books for several patients has three times as many in all. Null: no limit."
    )

    @strawberry_django.field(
        graphql_type=list[Closure],
        description="Present and future closures of the clinic, ordered by their first day.",
    )
    def closures(self, info: Info) -> list[models.Closure]:
        closures = list(models.Closure.objects.upcoming(info.context.now.date()))
        attach_batch(closures)
        return closures


@strawberry.type
class ClinicQuery:
    @strawberry.field(
        description="Contact data, time zone, booking rules and closures of the clinic. Needs no "
        "access token."
    )
    def clinic(self, info: Info) -> Clinic:
        return Clinic(
            name=settings.CLINIC_NAME,
            phone_number=settings.CLINIC_PHONE,
            address=settings.CLINIC_ADDRESS,
            time_zone=settings.TIME_ZONE,
            today=info.context.now.date(),
            lead_time_minutes=settings.LEAD_TIME_MINUTES,
            horizon_days=settings.HORIZON_DAYS,
            max_open_appointments=settings.MAX_OPEN_APPOINTMENTS or None,
        )
