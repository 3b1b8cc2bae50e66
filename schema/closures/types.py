"""GraphQL type of the days on which the clinic is closed."""

from typing import TYPE_CHECKING, Annotated

import strawberry
import strawberry_django
from strawberry import auto, relay
from strawberry_django.optimizer import OptimizerStore, optimize

from clinic import models
from clinic.booking import date_exceptions, schedules
from clinic.models.appointment_access import VIEW_APPOINTMENT
from schema.core.batching import attach_batch, batch_of
from schema.core.context import Info
from users.staff import can_act_as_staff

if TYPE_CHECKING:
    from schema.appointments.types import Appointment


@strawberry_django.type(
    models.Closure, description="A period in which the whole clinic is closed. No doctor has slots."
)
class Closure(relay.Node):
    id: relay.NodeID[int]
    name: str = strawberry_django.field(description="Name of the closure, such as a holiday.")
    first_day: auto = strawberry_django.field(description="First day, in the clinic's time zone.")
    last_day: auto = strawberry_django.field(
        description="Last day, inclusive, in the clinic's time zone."
    )

    @strawberry_django.field(
        only=["first_day", "last_day"],
        graphql_type=list[Annotated["Appointment", strawberry.lazy("schema.appointments.types")]],
        description="Pending and confirmed appointments inside, ordered by date and time, at most "
        "the first 1,000 of all closures together. They stay booked until they are moved or "
        "cancelled. Visible only to staff; an empty list for everyone else.",
    )
    def conflicts(
        self, root: strawberry.Parent[models.Closure], info: Info
    ) -> list[models.Appointment]:
        return batch_of(root).load(info, load_conflicts).get(root.pk, [])


def load_conflicts(
    closures: list[models.Closure], info: Info
) -> dict[int, list[models.Appointment]]:
    """Load the appointments inside each closure, with the selected fields, in one query.

    Returns them by the pk of the closure; none unless the caller is staff who can see them.
    """
    user = info.context.optional_user
    if user is None or not can_act_as_staff(user, VIEW_APPOINTMENT):
        return {}
    inside = optimize(
        date_exceptions.open_appointments_in(closures), info, store=OptimizerStore(only=["date"])
    )
    appointments = list(inside[: schedules.MAX_CONFLICTS])
    attach_batch(appointments)
    return date_exceptions.conflicts_by_closure(closures, appointments)
