import datetime as dt

import strawberry
from strawberry import relay

from clinic import models
from clinic.booking.requests import ActingRole, BookingRequest
from clinic.errors import BookingErrorCode, RoleRequired, booking_error
from schema.core.global_ids import global_id_to_pk
from users.models import User


@strawberry.input(
    description="A wished visit. A patient names the doctor, a doctor names one of their own "
    "patients; nobody names himself."
)
class CreateAppointmentInput:
    doctor_id: relay.GlobalID | None = strawberry.field(
        default=None, description="From a patient: whom to visit."
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

    def side(self, user: User) -> ActingRole:
        """In which capacity the caller books. Raises what speaks against it."""
        if self.doctor_id and self.patient_id:
            raise booking_error(
                BookingErrorCode.INVALID, message="Name the doctor or the patient, not both."
            )
        if not self.doctor_id and not self.patient_id:
            if not (user.is_patient or user.is_doctor):
                raise RoleRequired
            raise booking_error(
                BookingErrorCode.REQUIRED, "doctor_id" if user.is_patient else "patient_id"
            )
        side = ActingRole.PATIENT if self.doctor_id else ActingRole.DOCTOR
        if not (user.is_patient if side is ActingRole.PATIENT else user.is_doctor):
            raise RoleRequired
        if side is ActingRole.PATIENT and self.duration_minutes is not None:
            message = "The doctor's slots say how long a visit is."
            raise booking_error(BookingErrorCode.INVALID, "duration_minutes", message)
        return side

    def request(self) -> BookingRequest:
        return BookingRequest(
            date=self.date,
            time=self.time,
            doctor_id=global_id_to_pk(self.doctor_id, of=models.Doctor) if self.doctor_id else None,
            patient_id=global_id_to_pk(self.patient_id, of=models.Patient)
            if self.patient_id
            else None,
            duration_minutes=self.duration_minutes,
            reason_for_visit=self.reason_for_visit or "",
            idempotency_key=self.idempotency_key or None,
        )


@strawberry.input(description="Where to move a visit. It keeps its length.")
class RescheduleAppointmentInput:
    id: relay.GlobalID = strawberry.field(description="The visit.")
    date: dt.date = strawberry.field(description="The new day, on the clinic's calendar.")
    time: dt.time = strawberry.field(description="The new start, on the clinic's wall clock.")


@strawberry.input(description="The visit to confirm.")
class ConfirmAppointmentInput:
    id: relay.GlobalID = strawberry.field(description="A pending visit to you.")


@strawberry.input(description="The visit that took place.")
class CompleteAppointmentInput:
    id: relay.GlobalID = strawberry.field(description="A confirmed visit to you that has started.")


@strawberry.input(description="The visit to call off.")
class CancelAppointmentInput:
    id: relay.GlobalID = strawberry.field(description="A pending or confirmed visit of yours.")
    reason: str | None = strawberry.field(
        default=None, description="Why, for the other side to read; 2,000 characters at most."
    )
