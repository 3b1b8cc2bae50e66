import datetime as dt

import strawberry
from strawberry import relay

from clinic.booking.schedules import Interval
from schema.core.enums import Weekday


@strawberry.input(description="One interval of the week: [start, end).")
class WorkingHoursInput:
    weekday: Weekday = strawberry.field(description="The day of the week.")
    start_time: dt.time = strawberry.field(description="When it starts, on the five-minute grid.")
    end_time: dt.time = strawberry.field(
        description="When it ends; `00:00` is the midnight that ends the day."
    )

    @property
    def interval(self) -> Interval:
        return Interval(self.weekday, self.start_time, self.end_time)


@strawberry.input(description="Your whole week. Changing it never touches what is booked.")
class SetWorkingHoursInput:
    hours: list[WorkingHoursInput] = strawberry.field(
        description="Every interval, 100 at most. Touching ones become one, overlapping ones are "
        "refused; an empty list means no hours."
    )


@strawberry.input(description="When you are away.")
class AddTimeOffInput:
    starts_at: dt.datetime = strawberry.field(description="The moment it starts.")
    ends_at: dt.datetime = strawberry.field(description="The moment it ends, after its start.")
    reason: str | None = strawberry.field(
        default=None, description="A note for yourself; 200 characters at most."
    )


@strawberry.input(description="The time off to take back.")
class RemoveTimeOffInput:
    id: relay.GlobalID = strawberry.field(description="A time off of yours.")
