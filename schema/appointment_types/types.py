"""GraphQL type of the appointment types in the clinic's catalogue."""

import strawberry_django
from strawberry import auto, relay

from clinic import models
from schema.core.enums import BookableBy, Confirmation


@strawberry_django.type(
    models.AppointmentType,
    description="A kind of appointment in the clinic's catalogue: its length, and the rules by "
    "which it is booked. Appointments keep the length, the buffers and the cancellation notice "
    "with which they were booked.",
)
class AppointmentType(relay.Node):
    id: relay.NodeID[int]
    name: str = strawberry_django.field(description="Name, for patients.")
    description: str = strawberry_django.field(
        description="What it is and how to prepare, for patients. Can be empty."
    )
    duration_minutes: auto = strawberry_django.field(description="Duration in minutes.")
    buffer_before_minutes: auto = strawberry_django.field(
        description="Minutes that the doctor needs before the start. They block the doctor's time, "
        "not the patient's."
    )
    buffer_after_minutes: auto = strawberry_django.field(
        description="Minutes that the doctor needs after the end. They block the doctor's time, "
        "not the patient's."
    )
    confirmation: Confirmation = strawberry_django.field(
        description="Whether an appointment that a patient books is confirmed at once."
    )
    bookable_by: BookableBy = strawberry_django.field(description="Who can book it.")
    lead_time_minutes: int | None = strawberry_django.field(
        description="Minimum time between booking and start, in minutes, for patients; null: "
        "`Clinic.leadTimeMinutes`."
    )
    cancellation_notice_minutes: auto = strawberry_django.field(
        description="Patients can cancel or reschedule until this many minutes before the start."
    )
    max_per_day: int | None = strawberry_django.field(
        description="How many appointments of this type a doctor takes on one day; null: no limit. "
        "Binds patients only."
    )
    active: auto = strawberry_django.field(
        description="Whether it can be booked. Appointments of an inactive type stay."
    )
