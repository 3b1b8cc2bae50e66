import datetime as dt

import strawberry
from strawberry import relay


@strawberry.type(description="A doctor has other open slots than before: ask for them again.")
class AvailabilityChange:
    doctor_id: relay.GlobalID = strawberry.field(description="The doctor.")
    date: dt.date | None = strawberry.field(
        description="The day on which they changed; null if they did on several."
    )
