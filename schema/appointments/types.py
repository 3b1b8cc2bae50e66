"""Visits and their history."""

import datetime as dt

import strawberry
import strawberry_django
from strawberry import auto, relay

from clinic import models
from schema.appointments.filters import AppointmentOrder
from schema.core.enums import Status
from schema.doctors.types import Doctor
from schema.patients.types import Patient
from schema.people import Person


@strawberry_django.type(
    models.AppointmentChange, description="One line of a visit's history: how it stood after it."
)
class AppointmentChange:
    status: Status = strawberry_django.field(description="Where it then stood.")
    date: auto = strawberry_django.field(description="The day it was then on.")
    time: auto = strawberry_django.field(description="The time it then started.")
    changed_at: auto = strawberry_django.field(description="When the change was made.")
    changed_by: Person = strawberry_django.field(description="Who made it.")


SCHEDULE = ["date", "time", "duration_minutes"]


@strawberry_django.type(
    models.Appointment,
    ordering=AppointmentOrder,
    description="A visit of a patient to a doctor, for the two of them.",
)
class Appointment(relay.Node):
    id: relay.NodeID[int]
    doctor: Doctor = strawberry_django.field(description="Whom the patient visits.")
    patient: Patient = strawberry_django.field(description="Who comes.")
    date: auto = strawberry_django.field(description="The day, on the clinic's calendar.")
    time: auto = strawberry_django.field(description="When it starts, on the clinic's wall clock.")
    duration_minutes: auto = strawberry_django.field(description="How long it is, in minutes.")
    reason_for_visit: auto = strawberry_django.field(
        description="Why, in the words of whoever booked; may be empty."
    )
    status: Status = strawberry_django.field(description="Where it stands.")
    created_at: auto = strawberry_django.field(description="When it was booked.")
    updated_at: auto = strawberry_django.field(description="When it was last changed.")
    history: list[AppointmentChange] = strawberry_django.field(
        description="Every change, the booking first."
    )

    @strawberry_django.field(only=SCHEDULE, description="The moment it starts.")
    def starts_at(self, root: strawberry.Parent[models.Appointment]) -> dt.datetime:
        return root.starts_at

    @strawberry_django.field(only=SCHEDULE, description="The moment it ends.")
    def ends_at(self, root: strawberry.Parent[models.Appointment]) -> dt.datetime:
        return root.ends_at

    @strawberry_django.field(
        only=["status", "cancellation_reason"],
        description="Why it was called off, which may be empty; null unless it was.",
    )
    def cancellation_reason(self, root: strawberry.Parent[models.Appointment]) -> str | None:
        return None if root.is_live else root.cancellation_reason
