"""The mutation that keeps the catalogue of appointment types."""

import strawberry

from clinic import models
from clinic.booking import catalogue
from schema.appointment_types.inputs import SaveAppointmentTypeInput
from schema.appointment_types.types import AppointmentType
from schema.core.context import Info
from schema.core.global_ids import optional_pk
from schema.core.mutations import mutation
from schema.core.permissions import require_staff


@strawberry.type
class AppointmentTypeMutation:
    @mutation(
        result=AppointmentType,
        description="Add an appointment type to the clinic's catalogue, or change one. Existing "
        "appointments keep their duration, buffers and cancellation notice. Only staff can do "
        "this.",
    )
    def save_appointment_type(
        self, info: Info, input: SaveAppointmentTypeInput
    ) -> models.AppointmentType:
        permission = "add_appointmenttype" if input.id is None else "change_appointmenttype"
        require_staff(info, f"clinic.{permission}")
        pk = optional_pk(input.id, of=models.AppointmentType)
        return catalogue.save_appointment_type(pk, **input.changes())
