"""Input types of the appointment mutations."""

import datetime as dt

import strawberry
from strawberry import relay

from clinic import models
from clinic.booking.requests import UNKNOWN_ID, BookingRequest
from schema.core.global_ids import global_id_to_pk


@strawberry.input(
    description="Appointment to book. Set exactly one of `doctorId` (to book as a patient) and "
    "`patientId` (to book as a doctor). You cannot book an appointment with yourself."
)
class CreateAppointmentInput:
    doctor_id: relay.GlobalID | None = strawberry.field(
        default=None, description="Global ID of the doctor. Required when booking as a patient."
    )
    patient_id: relay.GlobalID | None = strawberry.field(
        default=None,
        description="Global ID of one of your patients. Required when booking as a doctor.",
    )
    date: dt.date = strawberry.field(description="Date, in the clinic's time zone.")
    time: dt.time = strawberry.field(
        description="Start time in the clinic's time zone, a multiple of 5 minutes. Rejected with "
        "`nonexistent_time` if the clock skips or repeats a part of the appointment on that day "
        "(daylight saving)."
    )
    duration_minutes: int | None = strawberry.field(
        default=None,
        description="Duration in minutes, 5 to 480, a multiple of 5. Defaults to the doctor's "
        "`slotMinutes`. Only for booking as a doctor; rejected when booking as a patient.",
    )
    reason_for_visit: str | None = strawberry.field(
        default=None,
        description="Reason for the appointment, at most 2,000 characters. Visible to the patient "
        "and the doctor.",
    )
    idempotency_key: str | None = strawberry.field(
        default=None,
        description="Key that identifies this request, chosen by the client, at most 200 "
        "characters. A retry with the same key and input returns the first booking instead of "
        "making a second one.",
    )

    def request(self) -> BookingRequest:
        """Return the input as a request to the booking service."""
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
    """Return the primary key, UNKNOWN_ID if the ID cannot be one of ``of``, None if unset."""
    return None if global_id is None else global_id_to_pk(global_id, of=of) or UNKNOWN_ID


@strawberry.input(description="New date and time of an appointment. Its duration does not change.")
class RescheduleAppointmentInput:
    id: relay.GlobalID = strawberry.field(
        description="Global ID of one of your pending or confirmed appointments."
    )
    date: dt.date = strawberry.field(description="New date, in the clinic's time zone.")
    time: dt.time = strawberry.field(
        description="New start time in the clinic's time zone, a multiple of 5 minutes. Rejected "
        "with `nonexistent_time` if the clock skips or repeats a part of the appointment on that "
        "day (daylight saving)."
    )


@strawberry.input(description="Appointment to confirm.")
class ConfirmAppointmentInput:
    id: relay.GlobalID = strawberry.field(
        description="Global ID of a pending appointment in which you are the doctor."
    )


@strawberry.input(description="Appointment to mark as completed.")
class CompleteAppointmentInput:
    id: relay.GlobalID = strawberry.field(
        description="Global ID of a confirmed appointment that has started and in which you are "
        "the doctor."
    )


@strawberry.input(description="Appointment to cancel.")
class CancelAppointmentInput:
    id: relay.GlobalID = strawberry.field(
        description="Global ID of one of your pending or confirmed appointments."
    )
    reason: str | None = strawberry.field(
        default=None,
        description="Reason for the cancellation, at most 2,000 characters. Visible to the patient "
        "and the doctor.",
    )
