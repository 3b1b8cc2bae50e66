"""The `node` query of the Relay specification."""

from collections.abc import Callable
from typing import Annotated, Any

import strawberry
from django.db.models import QuerySet
from strawberry import relay
from strawberry_django.optimizer import optimize

from clinic import models
from clinic.models.doctor import acts_for_doctor
from clinic.privacy.visibility import visible_users
from schema.accounts.types import User as UserNode
from schema.appointment_types.queries import visible_types
from schema.appointment_types.types import AppointmentType
from schema.appointments.types import Appointment
from schema.closures.types import Closure
from schema.core.context import Info
from schema.core.global_ids import global_id_to_pk
from schema.core.permissions import require_user
from schema.doctors.schedule_types import TimeOff
from schema.doctors.types import Doctor
from schema.patients.access_records import AccessRecord
from schema.patients.types import Patient
from schema.people import Person
from users.models import User
from users.querysets import first_or_none

# The objects of each type that a user can see. A wider queryset here would bypass the
# access rules of the other root fields.
VISIBLE: dict[type[relay.Node], Callable[[User], QuerySet[Any]]] = {
    AccessRecord: models.AccessRecord.objects.visible_to,
    Appointment: models.Appointment.objects.visible_to,
    AppointmentType: visible_types,
    Closure: lambda _user: models.Closure.objects.all(),
    Doctor: models.Doctor.objects.visible_to,
    Patient: models.Patient.objects.visible_to,
    TimeOff: lambda user: models.TimeOff.objects.filter(acts_for_doctor(user)),
    Person: visible_users,
    UserNode: lambda user: User.objects.filter(pk=user.pk),
}


@strawberry.type
class NodeQuery:
    @strawberry.field(
        description="Any object by its global ID; null if it does not exist or you cannot see it."
    )
    def node(
        self,
        info: Info,
        id: Annotated[relay.GlobalID, strawberry.argument(description="Global ID of the object.")],
    ) -> relay.Node | None:
        user = require_user(info)
        for type_, visible_rows in VISIBLE.items():
            pk = global_id_to_pk(id, of=type_)
            if pk is not None:
                row = first_or_none(optimize(visible_rows(user).filter(pk=pk), info))
                # Person and User share one model: without the cast the type would be ambiguous.
                return row and strawberry.cast(type_, row)
        return None
