"""GraphQL types for bookable intervals."""

import datetime as dt

import strawberry

from clinic import clock, slots
from schema.core.enums import SlotUnavailableCode


@strawberry.type(description="A time that can be booked: [start, end).")
class Slot:
    wall: strawberry.Private[slots.Slot]

    @strawberry.field(description="The day, on the clinic's calendar.")
    def date(self) -> dt.date:
        return self.wall.date

    @strawberry.field(description="When it starts, on the clinic's wall clock.")
    def time(self) -> dt.time:
        return self.wall.time

    @strawberry.field(description="How long it is, in minutes.")
    def duration_minutes(self) -> int:
        return self.wall.duration_minutes

    @strawberry.field(description="The moment it starts.")
    def starts_at(self) -> dt.datetime:
        return self.wall.starts_at(clock.zone())

    @strawberry.field(description="The moment it ends.")
    def ends_at(self) -> dt.datetime:
        return self.wall.ends_at(clock.zone())


@strawberry.type(description="The time cannot be booked; nothing was changed.")
class SlotUnavailable:
    code: SlotUnavailableCode = strawberry.field(description="Why, for programs to switch on.")
    message: str = strawberry.field(description="Why, for people to read.")
    next_available: list[Slot] = strawberry.field(
        description="The doctor's next slots after the wished time that you could book: three "
        "at the most."
    )
