"""Who looked at one's record, or changed it."""

import strawberry
import strawberry_django
from strawberry import auto, relay

from clinic import models
from schema.core.enums import AccessAction
from schema.people import Person


@strawberry_django.type(models.AccessRecord, description="One access to your record as a patient.")
class AccessRecord(relay.Node):
    id: relay.NodeID[int]
    at: auto = strawberry_django.field(description="When it was.")
    actor: Person = strawberry_django.field(description="Who it was.")
    action: AccessAction = strawberry_django.field(description="What was done.")

    @strawberry_django.field(
        only=["fields"],
        description="By name, which parts of your record were shown, such as `Patient.address`, "
        "and what was asked for by a change, such as `Mutation.cancelAppointment` and "
        "`CancelAppointmentInput.reason`.",
    )
    def fields(self, root: strawberry.Parent[models.AccessRecord]) -> list[str]:
        return list(root.fields)
