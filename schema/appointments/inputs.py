"""Input types of the appointment mutations."""

import datetime as dt

import strawberry
from strawberry import relay

from clinic import models
from clinic.booking.requests import Amendment, BookingRequest
from schema.core.global_ids import optional_pk


@strawberry.input(
    description="Appointment to book. Patients set `doctorId`, doctors `patientId`; your own ID "
    "can be left out. Those who act for others, guardians, assistants and staff, set both; from "
    "everyone else both are `invalid`. You cannot book an appointment with yourself."
)
class CreateAppointmentInput:
    doctor_id: relay.GlobalID | None = strawberry.field(
        default=None,
        description="Global ID of the doctor. Required when booking as a patient, a guardian "
        "or staff, and as an assistant of several doctors.",
    )
    patient_id: relay.GlobalID | None = strawberry.field(
        default=None,
        description="Global ID of the patient. Required when booking as a doctor, an assistant, "
        "a guardian or staff.",
    )
    date: dt.date = strawberry.field(description="Date, in the clinic's time zone.")
    time: dt.time = strawberry.field(
        description="Start time in the clinic's time zone, a multiple of 5 minutes. Rejected with "
        "`nonexistent_time` if the clock skips or repeats a part of the appointment on that day "
        "(daylight saving)."
    )
    appointment_type_id: relay.GlobalID | None = strawberry.field(
        default=None,
        description="Global ID of one of the doctor's `appointmentTypes`. Defaults to the first of "
        "them that patients can book. If there is none, patients cannot book a doctor with types, "
        "and appointments that a doctor books have no type.",
    )
    duration_minutes: int | None = strawberry.field(
        default=None,
        description="Duration in minutes, 5 to 480, a multiple of 5. Defaults to that of the "
        "appointment type, or to the doctor's `slotMinutes`. Only for booking as a doctor; "
        "rejected when booking as a patient.",
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
            doctor_id=optional_pk(self.doctor_id, of=models.Doctor),
            patient_id=optional_pk(self.patient_id, of=models.Patient),
            appointment_type_id=optional_pk(self.appointment_type_id, of=models.AppointmentType),
            duration_minutes=self.duration_minutes,
            reason_for_visit=self.reason_for_visit or "",
            idempotency_key=self.idempotency_key or None,
        )


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


@strawberry.input(description="Appointment whose patient has arrived.")
class RecordArrivalInput:
    id: relay.GlobalID = strawberry.field(
        description="Global ID of a confirmed appointment of today."
    )


@strawberry.input(description="Appointment to which the patient did not come.")
class RecordNoShowInput:
    id: relay.GlobalID = strawberry.field(
        description="Global ID of a confirmed appointment that has started."
    )


@strawberry.input(description="Appointment to make CONFIRMED again.")
class ReopenAppointmentInput:
    id: relay.GlobalID = strawberry.field(
        description="Global ID of a cancelled appointment that is still to come, or of a completed "
        "or missed one."
    )
    reason: str = strawberry.field(
        description="Why it is reopened, at most 2,000 characters. Kept in the clinic's records; "
        "not part of the API's responses."
    )


@strawberry.input(
    description="Changes of an appointment that keep its start. Omitted and null fields keep their "
    "values."
)
class AmendAppointmentInput:
    id: relay.GlobalID = strawberry.field(
        description="Global ID of a pending or confirmed appointment."
    )
    duration_minutes: int | None = strawberry.field(
        default=None, description="New duration in minutes, 5 to 480, a multiple of 5."
    )
    appointment_type_id: relay.GlobalID | None = strawberry.field(
        default=None,
        description="Global ID of another of the doctor's appointment types. It brings its "
        "duration, unless `durationMinutes` is set, its buffers and its cancellation notice.",
    )
    reason_for_visit: str | None = strawberry.field(
        default=None,
        description="New reason for the appointment, at most 2,000 characters. An empty text "
        "removes it.",
    )

    def amendment(self) -> Amendment:
        """Return the input as an amendment for the booking service."""
        return Amendment(
            duration_minutes=self.duration_minutes,
            appointment_type_id=optional_pk(self.appointment_type_id, of=models.AppointmentType),
            reason_for_visit=self.reason_for_visit,
        )


@strawberry.input(description="New doctor of an appointment, and its new time if that changes.")
class ReassignAppointmentInput:
    id: relay.GlobalID = strawberry.field(
        description="Global ID of a pending or confirmed appointment."
    )
    doctor_id: relay.GlobalID = strawberry.field(
        description="Global ID of the new doctor, approved or not, whose account is active."
    )
    date: dt.date | None = strawberry.field(
        default=None,
        description="New date, in the clinic's time zone. Defaults to the old one.",
    )
    time: dt.time | None = strawberry.field(
        default=None,
        description="New start time, in the clinic's time zone, a multiple of 5 minutes. Defaults "
        "to the old one.",
    )
