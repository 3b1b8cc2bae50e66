"""The query of the clinic's catalogue of appointment types, and who can see which of them."""

from collections.abc import Iterable

import strawberry
import strawberry_django
from strawberry import relay

from clinic import models
from clinic.models.appointment_type import AppointmentTypeQuerySet
from schema.appointment_types.types import AppointmentType
from schema.core.context import Info
from schema.core.global_ids import global_id_to_pk
from schema.core.permissions import require_user
from users.models import User
from users.staff import can_act_as_staff


def visible_types(user: User) -> AppointmentTypeQuerySet:
    """Return the types that ``user`` can look up: the active ones; staff all of them."""
    types = models.AppointmentType.objects.all()
    return types if can_act_as_staff(user, "clinic.view_appointmenttype") else types.active()


def types_to_offer(
    user: User, doctor: models.Doctor, global_ids: Iterable[relay.GlobalID]
) -> list[int | None]:
    """Return the pks of the types in the same order; None for a type that ``user`` cannot see.

    A doctor can keep an inactive type that the doctor offers already, but not add one.
    """
    visible = set(visible_types(user).values_list("pk", flat=True))
    visible |= set(doctor.offered_types.values_list("appointment_type", flat=True))
    pks = [global_id_to_pk(global_id, of=models.AppointmentType) for global_id in global_ids]
    return [pk if pk in visible else None for pk in pks]


@strawberry.type
class AppointmentTypeQuery:
    @strawberry_django.field(
        graphql_type=list[AppointmentType],
        description="The clinic's appointment types, by name: those that are active; for staff "
        "all of them. Which doctor offers which: `Doctor.appointmentTypes`.",
    )
    def appointment_types(self, info: Info) -> AppointmentTypeQuerySet:
        return visible_types(require_user(info)).order_by("name", "pk")
