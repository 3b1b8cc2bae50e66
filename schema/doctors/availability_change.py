"""Payload of the `availabilityChanged` subscription."""

import datetime as dt

import strawberry
from strawberry import relay


@strawberry.type(
    description="A change of a doctor's available slots. Query `availableSlots` again to get them."
)
class AvailabilityChange:
    doctor_id: relay.GlobalID = strawberry.field(description="Global ID of the doctor.")
    date: dt.date | None = strawberry.field(
        description="Date on which the slots changed, in the clinic's time zone; null if they "
        "changed on more than one date."
    )
