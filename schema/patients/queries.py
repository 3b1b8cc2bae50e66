"""Queries that find patients."""

from typing import Annotated

import strawberry
import strawberry_django
from django.db.models import QuerySet
from strawberry import relay

from clinic import models
from clinic.errors import RoleRequired
from clinic.models.patient import VIEW_PATIENT, PatientQuerySet
from schema.core.context import Info
from schema.core.global_ids import get_by_global_id
from schema.core.pagination import CursorConnection
from schema.core.permissions import require_user
from schema.patients.filters import PatientFilter
from schema.patients.types import Patient
from users.models import Role, User
from users.staff import can_act_as_staff


@strawberry.type
class PatientQuery:
    @strawberry_django.connection(
        CursorConnection[Patient],
        description="Your patients as a doctor: everyone who has an appointment with you that is "
        "not cancelled, or whom you registered, within the period that the clinic sets after the "
        "last one. Empty until staff approve you. Assistants get the patients of the doctors whom "
        "they assist, staff with the permission to view patients all of the clinic. Ordered by "
        "last name, first name and ID, ignoring case and accents. FORBIDDEN for everyone else.",
    )
    def patients(
        self,
        info: Info,
        filters: Annotated[
            PatientFilter | None,
            strawberry.argument(description="Filters to apply. Null applies none."),
        ] = None,
    ) -> QuerySet[models.Patient]:
        listed = _listed_for(require_user(info))
        patients = filters.apply(listed) if filters else listed
        return patients.order_by("user__last_name_folded", "user__first_name_folded", "pk")

    @strawberry_django.field(
        graphql_type=Patient | None,
        description="A patient's profile: your own, that of a patient for whom you act, or of a "
        "patient of yours or of a doctor whom you assist; any for staff with the permission to "
        "view patients. Null if it does not exist or you cannot see it.",
    )
    def patient(
        self,
        info: Info,
        id: Annotated[relay.GlobalID, strawberry.argument(description="Global ID of the patient.")],
    ) -> models.Patient | None:
        visible = models.Patient.objects.visible_to(require_user(info))
        return get_by_global_id(visible.select_related("user"), id)


def _listed_for(user: User) -> PatientQuerySet:
    """Return the patients in the list of a doctor, an assistant or staff. Raises RoleRequired."""
    if can_act_as_staff(user, VIEW_PATIENT):
        return models.Patient.objects.visible_to(user)
    if user.acts_as(Role.DOCTOR):
        return models.Patient.objects.of_doctor(user)
    raise RoleRequired
