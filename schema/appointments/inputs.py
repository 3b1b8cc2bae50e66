import datetime as dt

import strawberry
from strawberry import relay

from clinic import models
from clinic.booking.requests import UNKNOWN_ID, BookingRequest
from schema.core.global_ids import global_id_to_pk


@strawberry.input(
    description="A wished appointment. A patient names the doctor, a doctor names one of their own "
    "patients; nobody names himself."
)
class CreateAppointmentInput:
    doctor_id: relay.GlobalID | None = strawberry.field(
        default=None, description="From a patient: whom to appointment."
    )
    patient_id: relay.GlobalID | None = strawberry.field(
        default=None, description="From a doctor: who shall come."
    )
    date: dt.date = strawberry.field(description="The day, on the clinic's calendar.")
    time: dt.time = strawberry.field(description="When it starts, on the clinic's wall clock.")
    duration_minutes: int | None = strawberry.field(
        default=None,
        description="Minutes, 5 to 480 in steps of five. A doctor's choice, `slotMinutes` unless "
        "given; a patient may not send it.",
    )
    reason_for_visit: str | None = strawberry.field(
        default=None, description="Why, for the other side to read; 2,000 characters at most."
    )
    idempotency_key: str | None = strawberry.field(
        default=None,
        description="Your own name for this request, 200 characters at most. A retry with the "
        "same key returns the first booking instead of making another.",
    )

    def request(self) -> BookingRequest:
        """Return the input as the domain layer takes it."""
        return BookingRequest(
            date=self.date,
            time=self.time,
            doctor_id=_pk(self.doctor_id, of=models.Doctor),
            patient_id=_pk(self.patient_id, of=models.Patient),
            duration_minutes=self.duration_minutes,
            reason_for_visit=self.reason_for_visit or "",
            idempotency_key=self.idempotency_key or None,
        )


def _pk(global_id: relay.GlobalID | None, *, of: type) -> int | None:
    """Return the primary key, UNKNOWN_ID if the id cannot be that of an ``of``; None if unset."""
    return None if global_id is None else global_id_to_pk(global_id, of=of) or UNKNOWN_ID


@strawberry.input(description="Where to move an appointment. It keeps its length.")
class RescheduleAppointmentInput:
    id: relay.GlobalID = strawberry.field(description="The appointment.")
    date: dt.date = strawberry.field(description="The new day, on the clinic's calendar.")
    time: dt.time = strawberry.field(description="The new start, on the clinic's wall clock.")


@strawberry.input(description="The appointment to confirm.")
class ConfirmAppointmentInput:
    id: relay.GlobalID = strawberry.field(description="A pending appointment to you.")


@strawberry.input(description="The appointment that took place.")
class CompleteAppointmentInput:
    id: relay.GlobalID = strawberry.field(
        description="A confirmed appointment to you that has started."
    )


@strawberry.input(description="The appointment to call off.")
class CancelAppointmentInput:
    id: relay.GlobalID = strawberry.field(
        description="A pending or confirmed appointment of yours."
    )
    reason: str | None = strawberry.field(
        default=None, description="Why, for the other side to read; 2,000 characters at most."
    )
