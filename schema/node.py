from collections.abc import Callable
from typing import Annotated, Any

import strawberry
from django.db.models import QuerySet
from strawberry import relay
from strawberry_django.optimizer import optimize

from clinic import models
from clinic.privacy.visibility import visible_users
from schema.accounts.access_records import AccessRecord
from schema.accounts.types import User as UserNode
from schema.appointments.types import Appointment
from schema.core.context import Info
from schema.core.global_ids import global_id_to_pk
from schema.core.permissions import require_user
from schema.doctors.schedule_types import TimeOff
from schema.doctors.types import Doctor
from schema.patients.types import Patient
from schema.people import Person
from users.models import User
from users.querysets import first_or_none

# What each type's root field shows the caller, and no more.
VISIBLE: dict[type[relay.Node], Callable[[User], QuerySet[Any]]] = {
    AccessRecord: models.AccessRecord.objects.of,
    Appointment: models.Appointment.objects.visible_to,
    Doctor: models.Doctor.objects.visible_to,
    Patient: models.Patient.objects.visible_to,
    TimeOff: lambda user: models.TimeOff.objects.filter(doctor__user=user),
    Person: visible_users,
    UserNode: lambda user: User.objects.filter(pk=user.pk),
}


@strawberry.type
class NodeQuery:
    @strawberry.field(
        description="Anything with an id that one of the other fields would show you; null if "
        "there is no such thing."
    )
    def node(
        self, info: Info, id: Annotated[relay.GlobalID, strawberry.argument(description="Which.")]
    ) -> relay.Node | None:
        user = require_user(info)
        for type_, visible in VISIBLE.items():
            pk = global_id_to_pk(id, of=type_)
            if pk is not None:
                found = first_or_none(optimize(visible(user).filter(pk=pk), info))
                # Two types share the model of accounts; the cast says which is meant.
                return found and strawberry.cast(type_, found)
        return None
