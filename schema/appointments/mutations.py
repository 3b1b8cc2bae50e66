"""Mutations that book and change appointments."""

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
        result=Appointment | SlotUnavailable,
        description="Book an appointment. Patients book one of the doctor's available slots; the "
        "status is PENDING until the doctor confirms. Doctors book one of their own patients at "
        "any future time at which both are free; the status is CONFIRMED.",
    )
    def create_appointment(self, info: Info, input: CreateAppointmentInput) -> models.Appointment:
        return booking.book(actor=require_user(info), request=input.request(), now=info.context.now)

    @mutation(
        result=Appointment | SlotUnavailable,
        description="Move a pending or confirmed appointment. Its patient can move it before it "
        "starts, to one of `availableSlots(moving:)`; the status becomes PENDING. Its doctor can "
        "move it to any future time at which both are free; the status does not change.",
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

    @mutation(
        result=Appointment,
        description="Confirm a pending appointment. Only its doctor can do this.",
    )
    def confirm_appointment(self, info: Info, input: ConfirmAppointmentInput) -> models.Appointment:
        return booking.confirm(
            actor=require_profile(info, Role.DOCTOR),
            appointment_id=global_id_to_pk(input.id, of=models.Appointment),
            now=info.context.now,
        )

    @mutation(
        result=Appointment,
        description="Mark a confirmed appointment as completed, once it has started. Only its "
        "doctor can do this.",
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
        result=Appointment,
        description="Cancel one of your pending or confirmed appointments. Its patient can cancel "
        "it before it starts, its doctor at any time. Its time slot becomes available again.",
    )
    def cancel_appointment(self, info: Info, input: CancelAppointmentInput) -> models.Appointment:
        with map_error_fields(renamed={"cancellation_reason": "reason"}):
            return booking.cancel(
                actor=require_profile(info, Role.DOCTOR, Role.PATIENT),
                appointment_id=global_id_to_pk(input.id, of=models.Appointment),
                reason=input.reason or "",
                now=info.context.now,
            )
