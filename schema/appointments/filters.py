"""Filters and sort orders of appointments."""

import strawberry
import strawberry_django
from strawberry import UNSET, relay
from strawberry_django import Ordering

from clinic import models
from clinic.models.appointment import AppointmentQuerySet
from schema.core.filters import DateLookup, StatusLookup, build_condition
from schema.core.global_ids import global_id_to_pk


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

    def apply(self, appointments: AppointmentQuerySet) -> AppointmentQuerySet:
        appointments = appointments.filter(
            build_condition("date", self.date), build_condition("status", self.status)
        )
        if self.doctor_id:
            appointments = appointments.filter(
                doctor=global_id_to_pk(self.doctor_id, of=models.Doctor)
            )
        if self.patient_id:
            appointments = appointments.filter(
                patient=global_id_to_pk(self.patient_id, of=models.Patient)
            )
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
