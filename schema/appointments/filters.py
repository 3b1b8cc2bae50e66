"""Filters and sort orders of appointments."""

import strawberry
import strawberry_django
from strawberry import UNSET, relay
from strawberry_django import Ordering

from clinic import models
from clinic.models.appointment import AppointmentQuerySet
from schema.core.filters import DateLookup, StatusLookup, build_condition
from schema.core.global_ids import global_id_to_pk


@strawberry.input(description="Filters for appointments. All given conditions must match.")
class AppointmentFilter:
    date: DateLookup | None = strawberry.field(
        default=UNSET, description="Date of the appointment."
    )
    status: StatusLookup | None = strawberry.field(default=UNSET, description="Current status.")
    doctor_id: relay.GlobalID | None = strawberry.field(
        default=UNSET, description="Global ID of the doctor."
    )
    patient_id: relay.GlobalID | None = strawberry.field(
        default=UNSET, description="Global ID of the patient."
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
    models.Appointment,
    description="Sort order of appointments. The default is by date, time and ID, ascending.",
)
class AppointmentOrder:
    date: Ordering | None = strawberry_django.order_field(description="Sort by date.")
    time: Ordering | None = strawberry_django.order_field(description="Sort by time of day.")
    created_at: Ordering | None = strawberry_django.order_field(
        description="Sort by time of booking."
    )
