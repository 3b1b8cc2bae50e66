"""Mutations of a doctor's working hours and time off."""

import strawberry
from django.utils.translation import gettext as _

from clinic import models
from clinic.booking import schedules
from clinic.errors import BookingErrorCode, booking_error
from schema.core.context import Info
from schema.core.global_ids import global_id_to_pk
from schema.core.mutations import mutation
from schema.core.permissions import require_doctor
from schema.doctors.inputs import AddTimeOffInput, RemoveTimeOffInput, SetWorkingHoursInput
from schema.doctors.schedule_types import TimeOff
from schema.doctors.types import Doctor

MAX_INTERVALS = 100


@strawberry.type
class ScheduleMutation:
    @mutation(
        result=Doctor,
        description="Replace your weekly working hours. Existing appointments are not changed. "
        "Only doctors with a profile can do this.",
    )
    def set_working_hours(self, info: Info, input: SetWorkingHoursInput) -> models.Doctor:
        doctor = require_doctor(info)
        if len(input.hours) > MAX_INTERVALS:
            message = _("A week can have at most {maximum} intervals.").format(
                maximum=MAX_INTERVALS
            )
            raise booking_error(BookingErrorCode.INVALID, "hours", message)
        return schedules.set_working_hours(doctor, [hours.interval() for hours in input.hours])

    @mutation(
        result=TimeOff,
        description="Add a period in which you offer no slots. Existing appointments are not "
        "changed: those that overlap the period are returned in `conflicts`. Only doctors with a "
        "profile can do this.",
    )
    def add_time_off(self, info: Info, input: AddTimeOffInput) -> models.TimeOff:
        doctor = require_doctor(info)
        return schedules.add_time_off(
            doctor,
            starts_at=input.starts_at,
            ends_at=input.ends_at,
            reason=input.reason or "",
            now=info.context.now,
        )

    @mutation(
        result=TimeOff,
        description="Remove one of your time-off periods, so that its slots are offered again. "
        "Returns the removed period. Only doctors with a profile can do this.",
    )
    def remove_time_off(self, info: Info, input: RemoveTimeOffInput) -> models.TimeOff:
        doctor = require_doctor(info)
        return schedules.remove_time_off(doctor, global_id_to_pk(input.id, of=models.TimeOff))
