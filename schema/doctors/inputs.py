"""Input types of the doctor profile, working hours and time off."""

import datetime as dt
from typing import Any

import strawberry
from strawberry import UNSET, relay

from clinic.booking.schedules import Interval
from schema.core.enums import Weekday
from schema.core.inputs import sent_fields


@strawberry.input(
    description="Changes to your doctor profile. Omitted fields keep their values. The fields "
    "marked as required must be sent when the profile is created, and cannot be null."
)
class DoctorProfileInput:
    specialty: str | None = strawberry.field(
        default=UNSET, description="Medical specialty, at most 100 characters. Required."
    )
    phone_number: str | None = strawberry.field(
        default=UNSET,
        description="Phone number, in E.164 or in the national format of the clinic's country. "
        "Required.",
    )
    experience_years: int | None = strawberry.field(
        default=UNSET, description="Years of professional experience, 0 to 80. Required."
    )
    slot_minutes: int | None = strawberry.field(
        default=UNSET,
        description="Minutes from the start of one slot to that of the next, 5 to 480, a multiple "
        "of 5. Also the length of an appointment without a type. Defaults to 30 when the profile "
        "is created; cannot be null. Existing appointments keep their length.",
    )

    def changes(self) -> dict[str, Any]:
        """Return the profile fields to change."""
        return sent_fields(self)


@strawberry.input(
    description="One interval of the weekly working hours, in the clinic's time zone."
)
class WorkingHoursInput:
    weekday: Weekday = strawberry.field(description="Day of the week.")
    start_time: dt.time = strawberry.field(
        description="Start of the interval, a multiple of 5 minutes."
    )
    end_time: dt.time = strawberry.field(
        description="End of the interval, exclusive, a multiple of 5 minutes. `00:00` is midnight "
        "at the end of the day. Must be after the start: a night is two intervals, such as 22:00 "
        "to 00:00 and, on the next day, 00:00 to 06:00."
    )

    def interval(self) -> Interval:
        """Return the interval of the working week."""
        return Interval(self.weekday, self.start_time, self.end_time)


# Every input that changes a doctor's schedule has this field.
DOCTOR_ID = (
    "Global ID of the doctor. Defaults to yourself as a doctor, and for an assistant of one doctor "
    "only to this one. `required` from staff and from assistants of several doctors."
)


@strawberry.input(description="New weekly working hours, which replace the existing ones.")
class SetWorkingHoursInput:
    hours: list[WorkingHoursInput] = strawberry.field(
        description="All intervals of the week, at most 100. Adjacent intervals are merged; "
        "overlapping intervals are rejected. An empty list removes all working hours."
    )
    doctor_id: relay.GlobalID | None = strawberry.field(default=None, description=DOCTOR_ID)


@strawberry.input(description="Period in which the doctor offers no slots.")
class AddTimeOffInput:
    starts_at: dt.datetime = strawberry.field(description="Start of the period.")
    ends_at: dt.datetime = strawberry.field(
        description="End of the period, exclusive. Must be after the start and in the future."
    )
    reason: str | None = strawberry.field(
        default=None,
        description="Private note, at most 200 characters. Patients cannot see it.",
    )
    doctor_id: relay.GlobalID | None = strawberry.field(default=None, description=DOCTOR_ID)


@strawberry.input(description="Time-off period to remove.")
class RemoveTimeOffInput:
    id: relay.GlobalID = strawberry.field(
        description="Global ID of one of the doctor's time-off periods."
    )
    doctor_id: relay.GlobalID | None = strawberry.field(default=None, description=DOCTOR_ID)


@strawberry.input(description="An interval of one date, in the clinic's time zone.")
class TimeRangeInput:
    start_time: dt.time = strawberry.field(
        description="Start of the interval, a multiple of 5 minutes."
    )
    end_time: dt.time = strawberry.field(
        description="End of the interval, exclusive, a multiple of 5 minutes. `00:00` is midnight "
        "at the end of the day."
    )


@strawberry.input(description="Hours of one date, which replace the weekly working hours.")
class SetSpecialHoursInput:
    date: dt.date = strawberry.field(description="Date, today or later.")
    hours: list[TimeRangeInput] = strawberry.field(
        description="All intervals of the date, at most 100. Adjacent intervals are merged; "
        "overlapping intervals are rejected. An empty list: the doctor does not work on this date."
    )
    doctor_id: relay.GlobalID | None = strawberry.field(default=None, description=DOCTOR_ID)


@strawberry.input(description="Date to which the weekly working hours apply again.")
class RemoveSpecialHoursInput:
    date: dt.date = strawberry.field(description="Date with special hours.")
    doctor_id: relay.GlobalID | None = strawberry.field(default=None, description=DOCTOR_ID)


@strawberry.input(description="Appointment types that a doctor offers.")
class SetAppointmentTypesInput:
    appointment_type_ids: list[relay.GlobalID] = strawberry.field(
        description="Global IDs in the doctor's order, at most 50. The first of them that patients "
        "can book is the default one. An empty list: appointments have the doctor's slot length."
    )
    doctor_id: relay.GlobalID | None = strawberry.field(default=None, description=DOCTOR_ID)
