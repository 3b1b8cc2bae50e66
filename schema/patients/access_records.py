"""GraphQL type of the entries of the audit log that patients and guardians can see."""

import strawberry
import strawberry_django
from strawberry import auto, relay

from clinic import models
from schema.core.enums import AccessAction
from schema.people import Person


@strawberry_django.type(
    models.AccessRecord,
    description="A read of a patient's record by another user, or a change of it by any user, "
    "including the patient. Only the patient and guardians can see it.",
)
class AccessRecord(relay.Node):
    id: relay.NodeID[int]
    at: auto = strawberry_django.field(description="Time of the access.")
    actor: Person = strawberry_django.field(description="User who read or changed the record.")
    on_behalf_of: Person | None = strawberry_django.field(
        description="The patient for whom a guardian acted, or the doctor for whom an assistant "
        "acted; null if the user acted for themselves or as staff."
    )
    action: AccessAction = strawberry_django.field(description="Kind of access.")

    @strawberry_django.field(
        only=["fields"],
        description="Names of the fields that were accessed. For a read: fields of your record, "
        "such as `Patient.address`, and times that depend on your other appointments, such as "
        "`Doctor.availableSlots(moving:)`. For a change: the mutation and the input fields that "
        "were sent, such as `Mutation.cancelAppointment` and `CancelAppointmentInput.reason`.",
    )
    def fields(self, root: strawberry.Parent[models.AccessRecord]) -> list[str]:
        return list(root.fields)
