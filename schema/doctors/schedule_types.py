"""GraphQL types of a doctor's working hours, special hours and time off."""

import datetime as dt
from typing import TYPE_CHECKING, Annotated

import strawberry
import strawberry_django
from strawberry import auto, relay
from strawberry_django.optimizer import OptimizerStore, optimize

from clinic import models
from clinic.booking import schedules
from clinic.models.appointment_access import VIEW_APPOINTMENT
from schema.core.batching import attach_batch, batch_of
from schema.core.context import Info
from schema.core.enums import Weekday
from users.staff import can_act_as_staff

if TYPE_CHECKING:
    from schema.appointments.types import Appointment


@strawberry_django.type(
    models.WorkingHours,
    description="One interval of a doctor's weekly working hours, in the clinic's time zone.",
)
class WorkingHours:
    weekday: Weekday = strawberry_django.field(description="Day of the week.")
    start_time: dt.time = strawberry_django.field(description="Start of the interval.")
    end_time: dt.time = strawberry_django.field(
        description="End of the interval, exclusive. `00:00:00` is midnight at the end of the day."
    )


@strawberry_django.type(
    models.SpecialInterval,
    name="TimeRange",
    description="An interval of one date, in the clinic's time zone.",
)
class TimeRange:
    start_time: dt.time = strawberry_django.field(description="Start of the interval.")
    end_time: dt.time = strawberry_django.field(
        description="End of the interval, exclusive. `00:00:00` is midnight at the end of the day."
    )


@strawberry_django.type(
    models.SpecialHours,
    description="Hours of one date, which replace the weekly working hours of a doctor.",
)
class SpecialHours:
    date: auto = strawberry_django.field(description="Date, in the clinic's time zone.")
    hours: list[TimeRange] = strawberry_django.field(
        field_name="intervals",
        description="Intervals of the date, ordered by start. Without intervals the doctor does "
        "not work on this date.",
    )


@strawberry_django.type(
    models.TimeOff,
    description="A period in which a doctor offers no slots. Visible only to that doctor, and in "
    "the response of the mutation to staff who changed it.",
)
class TimeOff(relay.Node):
    id: relay.NodeID[int]
    starts_at: auto = strawberry_django.field(description="Start of the period.")
    ends_at: auto = strawberry_django.field(description="End of the period, exclusive.")
    reason: auto = strawberry_django.field(description="Private note. Can be empty.")

    @strawberry_django.field(
        only=["doctor_id", "starts_at", "ends_at"],
        graphql_type=list[Annotated["Appointment", strawberry.lazy("schema.appointments.types")]],
        description="The doctor's pending and confirmed appointments that overlap the period, "
        "ordered by date and time, at most the first 1,000 of all periods together. They stay "
        "booked until they are moved or cancelled. Empty for staff who cannot see appointments.",
    )
    def conflicts(
        self, root: strawberry.Parent[models.TimeOff], info: Info
    ) -> list[models.Appointment]:
        return batch_of(root).load(info, load_conflicts).get(root.pk, [])


def load_conflicts(
    time_off: list[models.TimeOff], info: Info
) -> dict[int, list[models.Appointment]]:
    """Load the appointments inside each time off, with the selected fields, in one query.

    Returns them by the pk of the time off; none unless the caller is the doctor, or staff who can
    see appointments.
    """
    user = info.context.user
    # Time off is shown to its doctor, and to staff who changed it.
    doctors = models.Doctor.objects.filter(pk__in={off.doctor_id for off in time_off})
    is_doctor = not (user.is_staff and doctors.exclude(user=user).exists())
    if not (is_doctor or can_act_as_staff(user, VIEW_APPOINTMENT)):
        return {}
    slot_columns = OptimizerStore(only=["doctor_id", "date", "time", "duration_minutes"])
    overlapping = schedules.open_appointments_around(time_off)
    if is_doctor:
        overlapping = overlapping.with_record_access()
    around = optimize(overlapping, info, store=slot_columns)
    appointments = list(around[: schedules.MAX_CONFLICTS])
    attach_batch(appointments)
    return schedules.conflicts_of(time_off, appointments)
