"""GraphQL type of patients."""

import strawberry
import strawberry_django
from strawberry import auto, relay

from clinic import models
from schema.people import Person


@strawberry_django.type(
    models.Patient,
    description="A patient's profile. Visible only to the patient and to doctors with an "
    "appointment of any status.",
)
class Patient(relay.Node):
    id: relay.NodeID[int]
    user: Person = strawberry_django.field(
        description="The patient's name, picture and email address."
    )
    date_of_birth: auto = strawberry_django.field(description="Date of birth.")
    address: auto = strawberry_django.field(description="Postal address. Can be empty.")
    emergency_contact_name: str = strawberry_django.field(
        description="Name of the emergency contact. Can be empty."
    )

    @strawberry_django.field(
        only=["emergency_contact_phone"],
        description="Phone number of the emergency contact, in E.164 format. Can be empty.",
    )
    def emergency_contact_phone(self, root: strawberry.Parent[models.Patient]) -> str:
        return str(root.emergency_contact_phone)
