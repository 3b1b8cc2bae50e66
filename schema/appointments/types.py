"""GraphQL types of appointments and their history."""

import datetime as dt

import strawberry
import strawberry_django
from strawberry import auto, relay

from clinic import models
from schema.appointment_types.types import AppointmentType
from schema.appointments.filters import AppointmentOrder
from schema.core.computed_fields import COMPUTED
from schema.core.enums import Status
from schema.core.record_access import record_column, record_field
from schema.doctors.types import Doctor
from schema.patients.types import Patient
from schema.people import Person


@strawberry_django.type(
    models.AppointmentChange,
    description="One change in the history of an appointment, with its state after the change.",
)
class AppointmentChange:
    status: Status = strawberry_django.field(description="Status after the change.")
    date: auto = strawberry_django.field(
        description="Date after the change, in the clinic's time zone."
    )
    time: auto = strawberry_django.field(
        description="Start time after the change, in the clinic's time zone."
    )
    appointment_type: AppointmentType | None = strawberry_django.field(
        description="Type after the change; null without one."
    )
    changed_at: auto = strawberry_django.field(description="Time of the change.")
    changed_by: Person | None = strawberry_django.field(
        description="User who made the change; null if no user did, such as when a request lapsed "
        "because it was not answered in time."
    )
    on_behalf_of: Person | None = strawberry_django.field(
        description="The patient for whom a guardian made the change, or the doctor for whom an "
        "assistant made it; null if the user acted for themselves or as staff."
    )
    outside_availability: auto = strawberry_django.field(
        description="Whether a doctor or staff chose a time that the doctor did not offer: outside "
        "the hours, during time off or on a closure."
    )


# Columns that `starts_at` and `ends_at` are computed from.
SLOT_COLUMNS = ["date", "time", "duration_minutes"]


@strawberry_django.type(
    models.Appointment,
    ordering=AppointmentOrder,
    description="An appointment of a patient with a doctor. Visible to the two of them, to those "
    "who act for one of them, and to staff with the permission.",
)
class Appointment(relay.Node):
    id: relay.NodeID[int]
    doctor: Doctor = strawberry_django.field(description="The doctor.")
    patient: Patient = strawberry_django.field(description="The patient.")
    date: auto = strawberry_django.field(description="Date, in the clinic's time zone.")
    time: auto = strawberry_django.field(description="Start time, in the clinic's time zone.")
    duration_minutes: auto = strawberry_django.field(description="Duration in minutes.")
    appointment_type: AppointmentType | None = strawberry_django.field(
        description="Type of the appointment, also if it is inactive by now; null if it was booked "
        "without one."
    )
    reason_for_visit: str = record_column(
        "reason_for_visit",
        hidden="",
        description="Reason for the appointment, written by the user who booked it. Can be empty; "
        "empty for a doctor or staff without access to the patient's record.",
    )
    status: Status = strawberry_django.field(description="Current status.")
    arrived_at: auto = strawberry_django.field(
        description="When the patient arrived; null until that is recorded."
    )
    booked_by: Person | None = strawberry_django.field(
        description="User who booked the appointment; null if a program did."
    )
    created_at: auto = strawberry_django.field(description="Time of booking.")
    updated_at: auto = strawberry_django.field(description="Time of the last change.")
    history: list[AppointmentChange] = strawberry_django.field(
        description="All changes of the appointment, oldest first. The first one is the booking."
    )

    @strawberry_django.field(
        only=SLOT_COLUMNS,
        metadata=COMPUTED,
        description="Start of the appointment, as an instant.",
    )
    def starts_at(self, root: strawberry.Parent[models.Appointment]) -> dt.datetime:
        return root.starts_at

    @strawberry_django.field(
        only=SLOT_COLUMNS,
        metadata=COMPUTED,
        description="End of the appointment, as an instant: `durationMinutes` after `startsAt`.",
    )
    def ends_at(self, root: strawberry.Parent[models.Appointment]) -> dt.datetime:
        return root.ends_at

    @strawberry_django.field(
        only=[*SLOT_COLUMNS, "cancellation_notice_minutes"],
        metadata=COMPUTED,
        description="Until when its patient can cancel or reschedule it, as an instant. Doctors "
        "and staff are not bound by it.",
    )
    def changeable_until(self, root: strawberry.Parent[models.Appointment]) -> dt.datetime:
        return root.changeable_until

    cancellation_reason: str | None = record_field(
        lambda appointment, readable: _cancellation_reason(appointment, readable=readable),
        only=["status", "cancellation_reason"],
        description="Reason for the cancellation, possibly empty; null unless the status is "
        "CANCELLED. Empty for a doctor or staff without access to the patient's record.",
    )


def _cancellation_reason(appointment: models.Appointment, *, readable: bool) -> str | None:
    if appointment.is_live:
        return None
    return appointment.cancellation_reason if readable else ""
