"""GraphQL types of patients and of the users who act for them."""

import datetime as dt
from collections.abc import Mapping

import strawberry
import strawberry_django
from django.db.models import QuerySet
from strawberry import relay

from clinic import models
from schema.core import record_access
from schema.core.batching import batch_of
from schema.core.context import Info
from schema.core.enums import Relationship
from schema.core.pagination import CursorConnection
from schema.core.record_access import record_column, record_field
from schema.patients.access_records import AccessRecord
from schema.people import Person, set_contact_shown


def load_guardians(
    patients: list[models.Patient], _info: Info
) -> Mapping[int, list[models.Guardian]]:
    """Load the guardians of those patients whose record the caller can read. Returns them by pk."""
    guardians: dict[int, list[models.Guardian]] = {
        patient.pk: [] for patient in patients if patient.record_readable
    }
    rows = models.Guardian.objects.filter(patient__in=list(guardians)).with_people()
    for guardian in rows if guardians else ():
        # A doctor of the patient sees no more of a guardian than the name.
        set_contact_shown(guardian.user, shown=False)
        guardians[guardian.patient_id].append(guardian)
    return guardians


def load_acted_for(patients: list[models.Patient], info: Info) -> Mapping[int, bool]:
    """Determine for which of the patients the caller acts. Returns them by pk."""
    acted_for = models.Patient.objects.acted_for_by(info.context.user)
    own = acted_for.filter(pk__in={patient.pk for patient in patients})
    return dict.fromkeys(own.values_list("pk", flat=True), True)


@strawberry_django.type(models.Guardian, description="A user who acts for a patient.")
class Guardian:
    person: Person = strawberry_django.field(field_name="user", description="The guardian's name.")
    relationship: Relationship = strawberry_django.field(
        description="What the guardian is to the patient."
    )


@strawberry_django.type(
    models.Patient,
    description="A patient's profile. Visible only to the patient, to those who act for the "
    "patient, to staff with the permission, and to approved doctors with an appointment that is "
    "not cancelled, until the clinic's period after the last one has passed, and their assistants. "
    "Without this access, doctors and staff see only the ID and the name of the patient of an "
    "appointment.",
)
class Patient(relay.Node):
    id: relay.NodeID[int]
    user: Person = strawberry_django.field(
        description="The patient's name; picture and email address with access to the record."
    )
    date_of_birth: dt.date | None = record_column(
        "date_of_birth",
        hidden=None,
        description="Date of birth; null without access to the record.",
    )
    phone_number: str = record_field(
        lambda patient, readable: str(patient.phone_number) if readable else "",
        only=["phone_number"],
        description="Phone number in E.164 format. Can be empty; empty without access to the "
        "record.",
    )
    address: str = record_column(
        "address",
        hidden="",
        description="Postal address. Can be empty; empty without access to the record.",
    )
    emergency_contact_name: str = record_column(
        "emergency_contact_name",
        hidden="",
        description="Name of the emergency contact. Can be empty; empty without access to the "
        "record.",
    )
    emergency_contact_phone: str = record_field(
        lambda patient, readable: str(patient.emergency_contact_phone) if readable else "",
        only=["emergency_contact_phone"],
        description="Phone number of the emergency contact, in E.164 format. Can be empty; empty "
        "without access to the record.",
    )

    @strawberry_django.field(
        only=["id"],
        graphql_type=list[Guardian],
        description="Users who act for the patient, such as the parents of a child, ordered by "
        "name. Empty without access to the record.",
    )
    def guardians(
        self, root: strawberry.Parent[models.Patient], info: Info
    ) -> list[models.Guardian]:
        record_access.prepare(root, info.context)
        return batch_of(root).load(info, load_guardians).get(root.pk, [])

    @strawberry_django.connection(
        CursorConnection[AccessRecord],
        description="Reads of the patient's record by other users and all changes to it, latest "
        "first. Visible to the patient and those who act for the patient; empty for everyone else.",
    )
    def access_log(
        self, root: strawberry.Parent[models.Patient], info: Info
    ) -> QuerySet[models.AccessRecord]:
        records = models.AccessRecord.objects.about([root.pk]).latest_first()
        acts = root.pk in batch_of(root).load(info, load_acted_for)
        return records if acts else records.none()
