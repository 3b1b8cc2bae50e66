"""GraphQL type of patients."""

import datetime as dt

import strawberry_django
from strawberry import relay

from clinic import models
from schema.core.record_access import record_field
from schema.people import Person


@strawberry_django.type(
    models.Patient,
    description="A patient's profile. Visible only to the patient and to approved doctors with an "
    "appointment that is not cancelled, until the clinic's period after the last one has passed. "
    "Without this access, the doctor of an appointment sees the ID and the name only.",
)
class Patient(relay.Node):
    id: relay.NodeID[int]
    user: Person = strawberry_django.field(
        description="The patient's name; picture and email address with access to the record."
    )
    date_of_birth: dt.date | None = record_field(
        lambda patient, readable: patient.date_of_birth if readable else None,
        only=["date_of_birth"],
        description="Date of birth; null without access to the record.",
    )
    address: str = record_field(
        lambda patient, readable: patient.address if readable else "",
        only=["address"],
        description="Postal address. Can be empty; empty without access to the record.",
    )
    emergency_contact_name: str = record_field(
        lambda patient, readable: patient.emergency_contact_name if readable else "",
        only=["emergency_contact_name"],
        description="Name of the emergency contact. Can be empty; empty without access to the "
        "record.",
    )
    emergency_contact_phone: str = record_field(
        lambda patient, readable: str(patient.emergency_contact_phone) if readable else "",
        only=["emergency_contact_phone"],
        description="Phone number of the emergency contact, in E.164 format. Can be empty; empty "
        "without access to the record.",
    )
