from collections.abc import Callable
from typing import Annotated, Any

import strawberry
from django.db.models import QuerySet
from strawberry import relay

from clinic import models, schedule
from clinic.counterparts import people_visible_to
from schema.context import Info
from schema.ids import pk_of
from schema.permissions import require_user
from schema.types.appointment import Appointment
from schema.types.doctor import Doctor
from schema.types.patient import Patient
from schema.types.person import Person
from schema.types.schedule import TimeOff
from schema.types.user import User as UserNode
from users.models import User

# What each type's root field shows the caller, and no more.
VISIBLE: dict[type[relay.Node], Callable[[User], QuerySet[Any]]] = {
    Appointment: lambda user: models.Appointment.objects.visible_to(user).with_people(),
    Doctor: lambda user: models.Doctor.objects.visible_to(user).select_related("user"),
    Patient: lambda user: models.Patient.objects.visible_to(user).select_related("user"),
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
                return _as_node(type_, visible(user).filter(pk=pk).first())
        return None


def _as_node(type_: type[relay.Node], found: Any) -> relay.Node | None:
    if isinstance(found, models.TimeOff):
        schedule.with_conflicts([found])
    # Two types share the model of accounts; the cast says which of them is meant.
    return None if found is None else strawberry.cast(type_, found)
