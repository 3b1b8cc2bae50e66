"""Queries that find patients."""

from typing import Annotated

import strawberry
import strawberry_django
from django.db.models import QuerySet
from strawberry import relay

from clinic import models
from schema.core.context import Info
from schema.core.global_ids import get_by_global_id
from schema.core.pagination import CursorConnection
from schema.core.permissions import require_role, require_user
from schema.patients.filters import PatientFilter
from schema.patients.types import Patient
from users.models import Role


@strawberry.type
class PatientQuery:
    @strawberry_django.connection(
        CursorConnection[Patient],
        description="Your patients: everyone who has an appointment with you that is not "
        "cancelled, within the period that the clinic sets after the last one, ordered by last "
        "name, first name and ID, ignoring case and accents. Empty until staff approve you. "
        "Requires the doctor role.",
    )
    def patients(
        self,
        info: Info,
        filters: Annotated[
            PatientFilter | None,
            strawberry.argument(description="Filters to apply. Null applies none."),
        ] = None,
    ) -> QuerySet[models.Patient]:
        own = models.Patient.objects.of_doctor(require_role(info, Role.DOCTOR))
        patients = filters.apply(own) if filters else own
        return patients.order_by("user__last_name_folded", "user__first_name_folded", "pk")

    @strawberry_django.field(
        graphql_type=Patient | None,
        description="Your own patient profile, or one of your patients; null if it does not exist "
        "or you cannot see it.",
    )
    def patient(
        self,
        info: Info,
        id: Annotated[relay.GlobalID, strawberry.argument(description="Global ID of the patient.")],
    ) -> models.Patient | None:
        visible = models.Patient.objects.visible_to(require_user(info))
        return get_by_global_id(visible.select_related("user"), id)
