"""Visits and their history."""

import datetime as dt

import strawberry
import strawberry_django
from strawberry import UNSET, auto, relay
from strawberry_django import Ordering

from clinic import models
from clinic.models.appointment import AppointmentQuerySet
from schema.core.enums import Status
from schema.core.filters import DateLookup, StatusLookup, compare
from schema.core.global_ids import pk_of
from schema.doctors.types import Doctor
from schema.patients.types import Patient
from schema.people import Person


@strawberry.input(description="Which visits to list. Each condition narrows the list.")
class AppointmentFilter:
    date: DateLookup | None = strawberry.field(default=UNSET, description="The day it is on.")
    status: StatusLookup | None = strawberry.field(default=UNSET, description="Where it stands.")
    doctor_id: relay.GlobalID | None = strawberry.field(
        default=UNSET, description="With this doctor."
    )
    patient_id: relay.GlobalID | None = strawberry.field(
        default=UNSET, description="Of this patient."
    )

    def narrow(self, appointments: AppointmentQuerySet) -> AppointmentQuerySet:
        appointments = appointments.filter(
            compare("date", self.date), compare("status", self.status)
        )
        if self.doctor_id:
            appointments = appointments.filter(doctor=pk_of(self.doctor_id, of=models.Doctor))
        if self.patient_id:
            appointments = appointments.filter(patient=pk_of(self.patient_id, of=models.Patient))
        return appointments


@strawberry_django.order_type(
    models.Appointment, description="How to sort visits; by date, time and id unless asked."
)
class AppointmentOrder:
    date: Ordering | None = strawberry_django.order_field(description="By day.")
    time: Ordering | None = strawberry_django.order_field(description="By time of day.")
    created_at: Ordering | None = strawberry_django.order_field(
        description="By when it was booked."
    )


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
