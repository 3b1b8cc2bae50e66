"""A doctor's own time."""

import datetime as dt
from typing import TYPE_CHECKING, Annotated

import strawberry
import strawberry_django
from strawberry import auto, relay
from strawberry_django.optimizer import OptimizerStore, optimize

from clinic import models
from clinic.booking import schedules
from schema.core.batching import attach_batch, batch_of
from schema.core.context import Info
from schema.core.enums import Weekday

if TYPE_CHECKING:
    from schema.appointments.types import Appointment


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
        only=["doctor_id", "starts_at", "ends_at"],
        graphql_type=list[Annotated["Appointment", strawberry.lazy("schema.appointments.types")]],
        description="Your pending and confirmed appointments inside it, by date and time. They stand "
        "until you move or cancel them.",
    )
    def conflicts(
        self, root: strawberry.Parent[models.TimeOff], info: Info
    ) -> list[models.Appointment]:
        return batch_of(root).find(info, lambda all_: conflicts_of(all_, info))[root.pk]


def conflicts_of(time_off: list[models.TimeOff], info: Info) -> dict[int, list[models.Appointment]]:
    """Load the appointments in each time off with the selected fields, by its primary key."""
    place_in_time = OptimizerStore(only=["doctor_id", "date", "time", "duration_minutes"])
    appointments = list(
        optimize(schedules.open_appointments_around(time_off), info, store=place_in_time)
    )
    attach_batch(appointments)
    return schedules.conflicts_of(time_off, appointments)
