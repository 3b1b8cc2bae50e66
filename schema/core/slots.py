"""GraphQL types for bookable intervals."""

import datetime as dt

import strawberry

from clinic import clock, slots
from schema.core.computed_fields import COMPUTED
from schema.core.enums import SlotUnavailableCode


@strawberry.type(description="A time slot that can be booked.")
class Slot:
    wall: strawberry.Private[slots.Slot]

    @strawberry.field(metadata=COMPUTED, description="Date, in the clinic's time zone.")
    def date(self) -> dt.date:
        return self.wall.date

    @strawberry.field(metadata=COMPUTED, description="Start time, in the clinic's time zone.")
    def time(self) -> dt.time:
        return self.wall.time

    @strawberry.field(metadata=COMPUTED, description="Duration in minutes.")
    def duration_minutes(self) -> int:
        return self.wall.duration_minutes

    @strawberry.field(metadata=COMPUTED, description="Start of the slot, as an instant.")
    def starts_at(self) -> dt.datetime:
        return self.wall.starts_at(clock.zone())

    @strawberry.field(
        metadata=COMPUTED,
        description="End of the slot, exclusive, as an instant: `durationMinutes` after "
        "`startsAt`.",
    )
    def ends_at(self) -> dt.datetime:
        return self.wall.ends_at(clock.zone())


@strawberry.type(
    description="Result of a mutation when the requested time cannot be booked. Nothing was "
    "changed."
)
class SlotUnavailable:
    code: SlotUnavailableCode = strawberry.field(description="Reason, for programs.")
    message: str = strawberry.field(description="Reason, to show to users, in English.")
    next_available: list[Slot] = strawberry.field(
        description="Up to three next slots of the doctor after the requested time that can be "
        "booked instead. Can be empty."
    )
