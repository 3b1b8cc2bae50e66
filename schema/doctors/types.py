"""GraphQL type of doctors, with its public and restricted fields."""

import datetime as dt
from typing import Annotated

import strawberry
import strawberry_django
from strawberry import auto, relay

from clinic import models
from clinic.booking import schedules
from schema.core.batching import attach_batch, batch_of
from schema.core.context import Info
from schema.core.errors import CodedError, ErrorCode
from schema.core.slots import Slot
from schema.doctors.available_slots import MAX_DAYS, load_slots
from schema.doctors.filters import DoctorOrder
from schema.doctors.schedule_types import TimeOff, WorkingHours
from schema.people import Person


def load_own_time_off(doctors: list[models.Doctor], info: Info) -> dict[int, list[models.TimeOff]]:
    """Load the caller's upcoming time off, if the caller is one of ``doctors``. Returns it by pk.

    A page of appointments can contain the caller many times, which must not repeat the query.
    """
    own = {doctor.pk: doctor for doctor in doctors if doctor.user_id == info.context.user.pk}
    time_off = {
        pk: list(schedules.upcoming_time_off(doctor, info.context.now))
        for pk, doctor in own.items()
    }
    for rows in time_off.values():
        attach_batch(rows)
    return time_off


@strawberry_django.type(
    models.Doctor,
    ordering=DoctorOrder,
    description="A doctor's profile. Fields with restricted visibility are empty for users who are "
    "not allowed to see them.",
)
class Doctor(relay.Node):
    id: relay.NodeID[int]
    user: Person = strawberry_django.field(
        description="The doctor's name, picture and email address."
    )
    specialty: str = strawberry_django.field(description="Medical specialty.")
    experience_years: auto = strawberry_django.field(
        description="Years of professional experience, 0 to 80."
    )
    slot_minutes: auto = strawberry_django.field(
        description="Length of a bookable slot in minutes, 5 to 480, a multiple of 5."
    )
    working_hours: list[WorkingHours] = strawberry_django.field(
        description="Weekly working hours, ordered by weekday and start time. Without working "
        "hours the doctor has no available slots."
    )

    @strawberry_django.field(
        only=["phone_number", "user_id"],
        description="Phone number in E.164 format. Visible to the doctor and to patients with an "
        "appointment of any status; empty for everyone else.",
    )
    def phone_number(self, root: strawberry.Parent[models.Doctor], info: Info) -> str:
        visible = info.context.contact_visibility
        return str(root.phone_number) if root.user_id in {visible.me, *visible.doctors} else ""

    @strawberry_django.field(
        only=["approved", "user_id"],
        description="Whether staff have approved your profile, so that patients can find and book "
        "you. Visible only to the doctor; false for everyone else.",
    )
    def approved(self, root: strawberry.Parent[models.Doctor], info: Info) -> bool:
        return root.approved and root.user_id == info.context.user.pk

    @strawberry_django.field(
        only=["user_id"],
        graphql_type=list[TimeOff],
        description="Your time-off periods that have not ended, ordered by start. Visible only to "
        "the doctor; an empty list for everyone else.",
    )
    def time_off(self, root: strawberry.Parent[models.Doctor], info: Info) -> list[models.TimeOff]:
        if root.user_id != info.context.user.pk:
            return []
        return batch_of(root).load(info, load_own_time_off)[root.pk]

    @strawberry_django.field(
        only=["slot_minutes", "approved", "user_id", "user__is_active", "user__is_doctor"],
        select_related=["user"],
        description="Slots that you can book, ordered by date and time. Dates in the past or "
        "after the clinic's booking horizon have no slots. Empty if the doctor cannot be booked.",
    )
    def available_slots(
        self,
        root: strawberry.Parent[models.Doctor],
        info: Info,
        start: Annotated[
            dt.date | None,
            strawberry.argument(description="First date to search. Defaults to today."),
        ] = None,
        days: Annotated[
            int, strawberry.argument(description="Number of days to search from `start`, 1 to 92.")
        ] = 14,
        moving: Annotated[
            relay.GlobalID | None,
            strawberry.argument(
                description="Global ID of an appointment to reschedule. Returns slots with its "
                "duration and treats its current time as free. The list is empty if the "
                "appointment is not yours, is with another doctor or can no longer be moved."
            ),
        ] = None,
    ) -> list[Slot]:
        if not 1 <= days <= MAX_DAYS:
            raise CodedError(ErrorCode.BAD_USER_INPUT, f"`days` must be between 1 and {MAX_DAYS}.")
        slots = batch_of(root).load(info, load_slots, start=start, days=days, moving=moving)
        return [Slot(wall=slot) for slot in slots.get(root.pk, [])]
