"""Patients, as they and their doctors see them."""

import strawberry
import strawberry_django
from strawberry import auto, relay

from clinic import models
from schema.people import Person


@strawberry_django.type(
    models.Patient, description="A patient's profile, for themselves and their own doctors."
)
class Patient(relay.Node):
    id: relay.NodeID[int]
    user: Person = strawberry_django.field(description="The person.")
    date_of_birth: auto = strawberry_django.field(description="Date of birth.")
    address: auto = strawberry_django.field(description="Postal address; may be empty.")
    emergency_contact_name: auto = strawberry_django.field(
        description="Whom to call in an emergency; may be empty."
    )

    @strawberry_django.field(
        only=["emergency_contact_phone"],
        description="Their phone number in E.164; may be empty.",
    )
    def emergency_contact_phone(self, root: strawberry.Parent[models.Patient]) -> str:
        return str(root.emergency_contact_phone)
