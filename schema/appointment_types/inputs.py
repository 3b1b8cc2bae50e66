"""Input types of the catalogue of appointment types."""

from typing import Any

import strawberry
from strawberry import UNSET, relay

from schema.core.enums import BookableBy, Confirmation
from schema.core.inputs import sent_fields


@strawberry.input(
    description="Fields of an appointment type. Omitted fields keep their values, or get their "
    "defaults in a new type. Only `leadTimeMinutes` and `maxPerDay` can be null."
)
class SaveAppointmentTypeInput:
    id: relay.GlobalID | None = strawberry.field(
        default=None, description="Global ID of the type to change. Omit it to add a new type."
    )
    name: str | None = strawberry.field(
        default=UNSET,
        description="Name, at most 100 characters, which no other active type has. Required for a "
        "new type.",
    )
    description: str | None = strawberry.field(
        default=UNSET,
        description="What it is and how to prepare, at most 2,000 characters. Patients read it.",
    )
    duration_minutes: int | None = strawberry.field(
        default=UNSET,
        description="Duration in minutes, 5 to 480, a multiple of 5. Required for a new type.",
    )
    buffer_before_minutes: int | None = strawberry.field(
        default=UNSET,
        description="Minutes that the doctor needs before the start, 0 to 480, a multiple of 5. "
        "Defaults to 0.",
    )
    buffer_after_minutes: int | None = strawberry.field(
        default=UNSET,
        description="Minutes that the doctor needs after the end, 0 to 480, a multiple of 5. "
        "Defaults to 0.",
    )
    confirmation: Confirmation | None = strawberry.field(
        default=UNSET,
        description="Whether an appointment that a patient books is confirmed at once. Defaults to "
        "MANUAL.",
    )
    bookable_by: BookableBy | None = strawberry.field(
        default=UNSET, description="Who can book it. Defaults to PATIENTS."
    )
    lead_time_minutes: int | None = strawberry.field(
        default=UNSET,
        description="Minimum time between booking and start, in minutes, for patients, 0 to "
        "525,600 (365 days); null: `Clinic.leadTimeMinutes`.",
    )
    cancellation_notice_minutes: int | None = strawberry.field(
        default=UNSET,
        description="Patients can cancel or reschedule until this many minutes before the start, "
        "0 to 525,600 (365 days). Defaults to 0.",
    )
    max_per_day: int | None = strawberry.field(
        default=UNSET,
        description="How many appointments of this type a doctor takes on one day, 1 to 1,000; "
        "null: no limit.",
    )
    active: bool | None = strawberry.field(
        default=UNSET, description="Whether it can be booked. Defaults to true."
    )

    def changes(self) -> dict[str, Any]:
        """Return the fields of the appointment type to change."""
        return {name: value for name, value in sent_fields(self).items() if name != "id"}
