"""Input types of closures."""

import datetime as dt

import strawberry
from strawberry import relay


@strawberry.input(description="Days on which the whole clinic is closed.")
class AddClosureInput:
    name: str = strawberry.field(
        description="Name that patients see, such as a holiday, at most 100 characters."
    )
    first_day: dt.date = strawberry.field(description="First day.")
    last_day: dt.date = strawberry.field(
        description="Last day, inclusive; today or later. A closure lasts at most 366 days, the "
        "first and the last one included."
    )


@strawberry.input(description="Closure to remove.")
class RemoveClosureInput:
    id: relay.GlobalID = strawberry.field(description="Global ID of a closure.")
