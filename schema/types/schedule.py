"""A doctor's own time."""

import datetime as dt
from typing import TYPE_CHECKING, Annotated

import strawberry
import strawberry_django
from strawberry import auto, relay

from clinic import models
from schema.enums import Weekday

if TYPE_CHECKING:
    from schema.types.appointment import Appointment


@strawberry_django.type(
    models.WorkingHours,
    description="One interval of a doctor's week, on the clinic's wall clock: [start, end).",
)
class WorkingHours:
    weekday: Weekday = strawberry_django.field(description="The day of the week.")
    start_time: dt.time = strawberry_django.field(description="When it starts.")
    end_time: dt.time = strawberry_django.field(
        description="When it ends; `00:00:00` is the midnight that ends the day."
    )


@strawberry_django.type(
    models.TimeOff,
    description="A stretch of time in which you offer no slots, whatever your working hours.",
)
class TimeOff(relay.Node):
    id: relay.NodeID[int]
    starts_at: auto = strawberry_django.field(description="The moment it starts.")
    ends_at: auto = strawberry_django.field(description="The moment it ends.")
    reason: auto = strawberry_django.field(description="Your note, seen by nobody else.")

    @strawberry_django.field(
        graphql_type=list[Annotated["Appointment", strawberry.lazy("schema.types.appointment")]],
        description="Your pending and confirmed visits inside it, by date and time. They stand "
        "until you move or cancel them.",
    )
    def conflicts(self, root: strawberry.Parent[models.TimeOff]) -> list[models.Appointment]:
        return root.conflicts
