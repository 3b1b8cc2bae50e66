"""Mutations of a doctor's schedule: hours, time off, and the types that the doctor offers."""

from collections.abc import Sequence

import strawberry
from django.utils.translation import gettext as _

from clinic import models
from clinic.booking import catalogue, date_exceptions, schedules
from clinic.errors import BookingErrorCode, booking_error
from schema.appointment_types.queries import types_to_offer
from schema.core.context import Info
from schema.core.global_ids import global_id_to_pk
from schema.core.mutations import mutation
from schema.core.permissions import require_doctor_to_manage
from schema.doctors.inputs import (
    AddTimeOffInput,
    RemoveSpecialHoursInput,
    RemoveTimeOffInput,
    SetAppointmentTypesInput,
    SetSpecialHoursInput,
    SetWorkingHoursInput,
)
from schema.doctors.schedule_types import TimeOff
from schema.doctors.types import Doctor

MAX_INTERVALS = 100
WHO_CAN_CHANGE = (
    "Doctors with a profile can do this for themselves, assistants for the doctors whom they "
    "assist, staff for every doctor."
)


def _require_few(intervals: Sequence[object], message: str) -> None:
    """Raise ``invalid`` on ``hours`` for more than ``MAX_INTERVALS`` intervals."""
    if len(intervals) > MAX_INTERVALS:
        raise booking_error(
            BookingErrorCode.INVALID, "hours", message.format(maximum=MAX_INTERVALS)
        )


@strawberry.type
class ScheduleMutation:
    @mutation(
        result=Doctor,
        description="Replace the weekly working hours of a doctor. Existing appointments are not "
        "changed. " + WHO_CAN_CHANGE,
    )
    def set_working_hours(self, info: Info, input: SetWorkingHoursInput) -> models.Doctor:
        doctor = require_doctor_to_manage(info, input.doctor_id)
        _require_few(input.hours, _("A week can have at most {maximum} intervals."))
        return schedules.set_working_hours(doctor, [hours.interval() for hours in input.hours])

    @mutation(
        result=Doctor,
        description="Replace the working hours of one date. Existing appointments are not changed. "
        + WHO_CAN_CHANGE,
    )
    def set_special_hours(self, info: Info, input: SetSpecialHoursInput) -> models.Doctor:
        doctor = require_doctor_to_manage(info, input.doctor_id)
        _require_few(input.hours, _("A date can have at most {maximum} intervals."))
        hours = [(interval.start_time, interval.end_time) for interval in input.hours]
        date_exceptions.set_special_hours(doctor, input.date, hours, info.context.now)
        return doctor

    @mutation(
        result=Doctor,
        description="Apply the weekly working hours to a date again. " + WHO_CAN_CHANGE,
    )
    def remove_special_hours(self, info: Info, input: RemoveSpecialHoursInput) -> models.Doctor:
        doctor = require_doctor_to_manage(info, input.doctor_id)
        date_exceptions.remove_special_hours(doctor, input.date)
        return doctor

    @mutation(
        result=Doctor,
        description="Replace the appointment types that a doctor offers. Existing appointments are "
        "not changed. " + WHO_CAN_CHANGE,
    )
    def set_appointment_types(self, info: Info, input: SetAppointmentTypesInput) -> models.Doctor:
        doctor = require_doctor_to_manage(info, input.doctor_id)
        types = types_to_offer(info.context.user, doctor, input.appointment_type_ids)
        return catalogue.set_appointment_types(doctor, types)

    @mutation(
        result=TimeOff,
        description="Add a period in which a doctor offers no slots. Existing appointments are not "
        "changed: those that overlap the period are returned in `conflicts`. " + WHO_CAN_CHANGE,
    )
    def add_time_off(self, info: Info, input: AddTimeOffInput) -> models.TimeOff:
        return schedules.add_time_off(
            require_doctor_to_manage(info, input.doctor_id),
            starts_at=input.starts_at,
            ends_at=input.ends_at,
            reason=input.reason or "",
            now=info.context.now,
        )

    @mutation(
        result=TimeOff,
        description="Remove a time-off period of a doctor, so that its slots are offered again. "
        "Returns the removed period. " + WHO_CAN_CHANGE,
    )
    def remove_time_off(self, info: Info, input: RemoveTimeOffInput) -> models.TimeOff:
        doctor = require_doctor_to_manage(info, input.doctor_id)
        return schedules.remove_time_off(doctor, global_id_to_pk(input.id, of=models.TimeOff))
