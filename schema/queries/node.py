from collections.abc import Callable
from typing import Annotated, Any

import strawberry
from django.db.models import QuerySet
from strawberry import relay
from strawberry_django.optimizer import optimize

from clinic import models
from clinic.privacy.visibility import people_visible_to
from schema.context import Info
from schema.ids import pk_of
from schema.permissions import require_user
from schema.types.access import AccessRecord
from schema.types.appointment import Appointment
from schema.types.doctor import Doctor
from schema.types.patient import Patient
from schema.types.person import Person
from schema.types.schedule import TimeOff
from schema.types.user import User as UserNode
from users.models import User
from users.rows import only

# What each type's root field shows the caller, and no more.
VISIBLE: dict[type[relay.Node], Callable[[User], QuerySet[Any]]] = {
    AccessRecord: models.AccessRecord.objects.of,
    Appointment: models.Appointment.objects.visible_to,
    Doctor: models.Doctor.objects.visible_to,
    Patient: models.Patient.objects.visible_to,
    TimeOff: lambda user: models.TimeOff.objects.filter(doctor__user=user),
    Person: people_visible_to,
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
            pk = pk_of(id, of=type_)
            if pk is not None:
                found = only(optimize(visible(user).filter(pk=pk), info))
                # Two types share the model of accounts; the cast says which is meant.
                return found and strawberry.cast(type_, found)
        return None
