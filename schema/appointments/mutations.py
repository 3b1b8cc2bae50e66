"""Mutations that book and change appointments."""

import strawberry

from clinic import models
from clinic.booking import amendments, status_changes
from clinic.booking import services as booking
from schema.appointments.inputs import (
    AmendAppointmentInput,
    CancelAppointmentInput,
    CompleteAppointmentInput,
    ConfirmAppointmentInput,
    CreateAppointmentInput,
    ReassignAppointmentInput,
    RecordArrivalInput,
    RecordNoShowInput,
    ReopenAppointmentInput,
    RescheduleAppointmentInput,
)
from schema.appointments.types import Appointment
from schema.core.context import Info
from schema.core.global_ids import global_id_to_pk
from schema.core.mutations import map_error_fields, mutation
from schema.core.permissions import (
    CHANGE_APPOINTMENT,
    books_as_staff,
    require_capacity,
    require_staff,
    require_user,
)
from schema.core.slots import SlotUnavailable
from users.models import Role


@strawberry.type
class AppointmentMutation:
    @mutation(
        result=Appointment | SlotUnavailable,
        description="Book an appointment. Patients book one of the doctor's available slots; the "
        "status is PENDING until the doctor confirms, or CONFIRMED at once if the appointment type "
        "has the confirmation AUTOMATIC. Doctors book one of their own patients at any future time "
        "at which both are free; the status is CONFIRMED. Guardians book like the patient, "
        "assistants like the doctor, and staff like a doctor for anybody.",
    )
    def create_appointment(self, info: Info, input: CreateAppointmentInput) -> models.Appointment:
        user, request = require_user(info), input.request()
        return booking.book(
            actor=user,
            request=request,
            now=info.context.now,
            as_staff=books_as_staff(user, request),
        )

    @mutation(
        result=Appointment | SlotUnavailable,
        description="Move a pending or confirmed appointment. Its patient can move it until "
        "`changeableUntil`, to one of `availableSlots(moving:)`; the status becomes PENDING, or "
        "stays CONFIRMED if the appointment type has the confirmation AUTOMATIC. Its doctor, "
        "assistants and staff can move it to any future time at which both are free; the status "
        "does not change. Guardians are bound like the patient.",
    )
    def reschedule_appointment(
        self, info: Info, input: RescheduleAppointmentInput
    ) -> models.Appointment:
        actor, as_staff = require_capacity(info, Role.DOCTOR, Role.PATIENT)
        return booking.reschedule(
            actor=actor,
            appointment_id=global_id_to_pk(input.id, of=models.Appointment),
            date=input.date,
            time=input.time,
            now=info.context.now,
            as_staff=as_staff,
        )

    @mutation(
        result=Appointment,
        description="Confirm a pending appointment. Only its doctor, assistants and staff can do "
        "this.",
    )
    def confirm_appointment(self, info: Info, input: ConfirmAppointmentInput) -> models.Appointment:
        actor, as_staff = require_capacity(info, Role.DOCTOR)
        return status_changes.confirm(
            actor=actor,
            appointment_id=global_id_to_pk(input.id, of=models.Appointment),
            now=info.context.now,
            as_staff=as_staff,
        )

    @mutation(
        result=Appointment,
        description="Mark a confirmed appointment as completed, once it has started. Only its "
        "doctor, assistants and staff can do this.",
    )
    def complete_appointment(
        self, info: Info, input: CompleteAppointmentInput
    ) -> models.Appointment:
        actor, as_staff = require_capacity(info, Role.DOCTOR)
        return status_changes.complete(
            actor=actor,
            appointment_id=global_id_to_pk(input.id, of=models.Appointment),
            now=info.context.now,
            as_staff=as_staff,
        )

    @mutation(
        result=Appointment,
        description="Cancel a pending or confirmed appointment. Its patient and guardians can "
        "cancel it until `changeableUntil`, its doctor, assistants and staff at any time. Its slot "
        "becomes available again.",
    )
    def cancel_appointment(self, info: Info, input: CancelAppointmentInput) -> models.Appointment:
        actor, as_staff = require_capacity(info, Role.DOCTOR, Role.PATIENT)
        with map_error_fields(renamed={"cancellation_reason": "reason"}):
            return status_changes.cancel(
                actor=actor,
                appointment_id=global_id_to_pk(input.id, of=models.Appointment),
                reason=input.reason or "",
                now=info.context.now,
                as_staff=as_staff,
            )

    @mutation(
        result=Appointment,
        description="Record that the patient of a confirmed appointment has arrived, on its day. "
        "The status does not change. Only its doctor, "
        "assistants and staff can do this.",
    )
    def record_arrival(self, info: Info, input: RecordArrivalInput) -> models.Appointment:
        actor, as_staff = require_capacity(info, Role.DOCTOR)
        return status_changes.record_arrival(
            actor=actor,
            appointment_id=global_id_to_pk(input.id, of=models.Appointment),
            now=info.context.now,
            as_staff=as_staff,
        )

    @mutation(
        result=Appointment,
        description="Record that the patient did not come to a confirmed appointment, once it has "
        "started. The status becomes NO_SHOW. Only its doctor, "
        "assistants and staff can do this.",
    )
    def record_no_show(self, info: Info, input: RecordNoShowInput) -> models.Appointment:
        actor, as_staff = require_capacity(info, Role.DOCTOR)
        return status_changes.record_no_show(
            actor=actor,
            appointment_id=global_id_to_pk(input.id, of=models.Appointment),
            now=info.context.now,
            as_staff=as_staff,
        )

    @mutation(
        result=Appointment | SlotUnavailable,
        description="Make a cancelled, completed or missed appointment CONFIRMED again. A "
        "cancelled one must be still to come, and its time must still be free. Only its "
        "doctor, assistants and staff can do this.",
    )
    def reopen_appointment(self, info: Info, input: ReopenAppointmentInput) -> models.Appointment:
        actor, as_staff = require_capacity(info, Role.DOCTOR)
        return status_changes.reopen(
            actor=actor,
            appointment_id=global_id_to_pk(input.id, of=models.Appointment),
            reason=input.reason,
            now=info.context.now,
            as_staff=as_staff,
        )

    @mutation(
        result=Appointment | SlotUnavailable,
        description="Change the duration, the type or the reason of a pending or confirmed "
        "appointment, also once it has started. Only its doctor, "
        "assistants and staff can do this.",
    )
    def amend_appointment(self, info: Info, input: AmendAppointmentInput) -> models.Appointment:
        actor, as_staff = require_capacity(info, Role.DOCTOR)
        return amendments.amend(
            actor=actor,
            appointment_id=global_id_to_pk(input.id, of=models.Appointment),
            amendment=input.amendment(),
            now=info.context.now,
            as_staff=as_staff,
        )

    @mutation(
        result=Appointment | SlotUnavailable,
        description="Move a pending or confirmed appointment to another doctor, at the same time "
        "or another one at which both are free. It keeps its ID, duration and status. Only staff "
        "can do this.",
    )
    def reassign_appointment(
        self, info: Info, input: ReassignAppointmentInput
    ) -> models.Appointment:
        return amendments.reassign(
            actor=require_staff(info, CHANGE_APPOINTMENT),
            appointment_id=global_id_to_pk(input.id, of=models.Appointment),
            doctor_id=global_id_to_pk(input.doctor_id, of=models.Doctor),
            date=input.date,
            time=input.time,
            now=info.context.now,
        )
