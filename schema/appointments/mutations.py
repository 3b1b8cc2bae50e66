import strawberry

from clinic import models
from clinic.booking import services as booking
from schema.appointments.inputs import (
    CancelAppointmentInput,
    CompleteAppointmentInput,
    ConfirmAppointmentInput,
    CreateAppointmentInput,
    RescheduleAppointmentInput,
)
from schema.appointments.types import Appointment
from schema.core.context import Info
from schema.core.global_ids import global_id_to_pk
from schema.core.mutations import map_error_fields, mutation
from schema.core.permissions import require_profile, require_user
from schema.core.slots import SlotUnavailable
from users.models import Role


@strawberry.type
class AppointmentMutation:
    @mutation(
        answers=Appointment | SlotUnavailable,
        description="Book an appointment. From a patient: one of the doctor's open slots, PENDING until "
        "the doctor confirms. From a doctor: one of their own patients at any free time to come, "
        "CONFIRMED at once.",
    )
    def create_appointment(self, info: Info, input: CreateAppointmentInput) -> models.Appointment:
        return booking.book(actor=require_user(info), request=input.request(), now=info.context.now)

    @mutation(
        answers=Appointment | SlotUnavailable,
        description="Move a pending or confirmed appointment. From its patient: before it starts, to one "
        "of `availableSlots(moving:)`, and it is PENDING again. From its doctor: to any free time "
        "to come, and it keeps its status.",
    )
    def reschedule_appointment(
        self, info: Info, input: RescheduleAppointmentInput
    ) -> models.Appointment:
        return booking.reschedule(
            actor=require_profile(info, Role.DOCTOR, Role.PATIENT),
            appointment_id=global_id_to_pk(input.id, of=models.Appointment),
            date=input.date,
            time=input.time,
            now=info.context.now,
        )

    @mutation(answers=Appointment, description="Doctors: accept a pending appointment to you.")
    def confirm_appointment(self, info: Info, input: ConfirmAppointmentInput) -> models.Appointment:
        return booking.confirm(
            actor=require_profile(info, Role.DOCTOR),
            appointment_id=global_id_to_pk(input.id, of=models.Appointment),
            now=info.context.now,
        )

    @mutation(
        answers=Appointment,
        description="Doctors: note that a confirmed appointment took place, once it has started.",
    )
    def complete_appointment(
        self, info: Info, input: CompleteAppointmentInput
    ) -> models.Appointment:
        return booking.complete(
            actor=require_profile(info, Role.DOCTOR),
            appointment_id=global_id_to_pk(input.id, of=models.Appointment),
            now=info.context.now,
        )

    @mutation(
        answers=Appointment,
        description="Call off a pending or confirmed appointment of yours. Patients: before it starts.",
    )
    def cancel_appointment(self, info: Info, input: CancelAppointmentInput) -> models.Appointment:
        with map_error_fields(renamed={"cancellation_reason": "reason"}):
            return booking.cancel(
                actor=require_profile(info, Role.DOCTOR, Role.PATIENT),
                appointment_id=global_id_to_pk(input.id, of=models.Appointment),
                reason=input.reason or "",
                now=info.context.now,
            )
