"""Doctors: what everyone may see of them, and what only they may."""

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
from schema.doctors.available_slots import MAX_DAYS, slots_of
from schema.doctors.filters import DoctorOrder
from schema.doctors.schedule_types import TimeOff, WorkingHours
from schema.people import Person


def own_time_off(doctor: models.Doctor, info: Info) -> list[models.TimeOff]:
    time_off = list(schedules.upcoming_time_off(doctor, info.context.now))
    attach_batch(time_off)
    return time_off


@strawberry_django.type(
    models.Doctor,
    ordering=DoctorOrder,
    description="A doctor. What is not public answers empty to those it is not meant for.",
)
class Doctor(relay.Node):
    id: relay.NodeID[int]
    user: Person = strawberry_django.field(description="The person.")
    specialty: auto = strawberry_django.field(description="What they practise.")
    experience_years: auto = strawberry_django.field(description="Years in practice, 0 to 80.")
    slot_minutes: auto = strawberry_django.field(
        description="Length of one bookable slot, in minutes: 5 to 480 in steps of five."
    )
    working_hours: list[WorkingHours] = strawberry_django.field(
        description="The recurring week, by weekday and time. No hours, no slots."
    )

    @strawberry_django.field(
        only=["phone_number", "user_id"],
        description="Phone number in E.164, for their own patients; empty to others.",
    )
    def phone_number(self, root: strawberry.Parent[models.Doctor], info: Info) -> str:
        known = info.context.contact_visibility
        return str(root.phone_number) if root.user_id in {known.me, *known.doctors} else ""

    @strawberry_django.field(
        only=["approved", "user_id"],
        description="Whether staff have approved you, so that patients can find and book you; "
        "false to everyone but yourself.",
    )
    def approved(self, root: strawberry.Parent[models.Doctor], info: Info) -> bool:
        return root.approved and root.user_id == info.context.user.pk

    @strawberry_django.field(
        only=["user_id"],
        graphql_type=list[TimeOff],
        description="Your time off that has not ended, by start; an empty list to everyone else.",
    )
    def time_off(self, root: strawberry.Parent[models.Doctor], info: Info) -> list[models.TimeOff]:
        if root.user_id != info.context.user.pk:
            return []
        return batch_of(root).find(info, lambda _: own_time_off(root, info))

    @strawberry_django.field(
        only=["slot_minutes", "approved", "user_id", "user__is_active", "user__is_doctor"],
        select_related=["user"],
        description="The slots that you could book, by date and time. Days in the past or beyond "
        "the clinic's horizon have none.",
    )
    def available_slots(
        self,
        root: strawberry.Parent[models.Doctor],
        info: Info,
        start: Annotated[
            dt.date | None, strawberry.argument(description="The first day; today unless given.")
        ] = None,
        days: Annotated[
            int, strawberry.argument(description="How many days from `start`, 1 to 92.")
        ] = 14,
        moving: Annotated[
            relay.GlobalID | None,
            strawberry.argument(
                description="An appointment to be rescheduled: slots of its length, its own time counted "
                "as free. None if it is not one of yours with this doctor, or cannot be moved any "
                "more."
            ),
        ] = None,
    ) -> list[Slot]:
        if not 1 <= days <= MAX_DAYS:
            raise CodedError(ErrorCode.BAD_USER_INPUT, f"`days` must be between 1 and {MAX_DAYS}.")
        found = batch_of(root).find(
            info, lambda all_: slots_of(all_, info, start=start, days=days, moving=moving)
        )
        return [Slot(wall=slot) for slot in found.get(root.pk, [])]
