"""Queries of appointments."""

from typing import Annotated

import strawberry
import strawberry_django
from django.db.models import QuerySet
from strawberry import relay

from clinic import models
from clinic.models.appointment import AppointmentQuerySet
from clinic.models.record_access import record_access_start
from schema.appointments.filters import AppointmentFilter
from schema.appointments.types import Appointment
from schema.core.context import Info
from schema.core.global_ids import global_id_to_pk
from schema.core.pagination import CursorConnection
from schema.core.permissions import require_user
from schema.core.prepared_pages import PREPARED_PAGES_KEY, PreparedPages
from users.common.any_user import PreparedLookup, Viewer


def _list(viewer: Viewer, filters: AppointmentFilter | None) -> AppointmentQuerySet:
    own = models.Appointment.objects.visible_to(viewer).order_by("date", "time", "pk")
    return filters.apply(own) if filters else own


VISIBLE = PreparedLookup[models.Appointment](
    lambda viewer: models.Appointment.objects.visible_to(viewer).with_people(),
    record_access_start,
)


@strawberry.type
class AppointmentQuery:
    @strawberry_django.connection(
        CursorConnection[Appointment],
        description="Your appointments in all your roles, with any status and date, and those of "
        "the patients and doctors for whom you act. All of the clinic for staff with the "
        "permission to view appointments.",
        metadata={PREPARED_PAGES_KEY: PreparedPages(_list, record_access_start)},
    )
    def appointments(
        self,
        info: Info,
        filters: Annotated[
            AppointmentFilter | None,
            strawberry.argument(description="Filters to apply. Null applies none."),
        ] = None,
    ) -> QuerySet[models.Appointment]:
        return _list(require_user(info), filters)

    @strawberry_django.field(
        graphql_type=Appointment | None,
        description="One of the appointments that you can see; null if it does not exist or you "
        "cannot see it.",
    )
    def appointment(
        self,
        info: Info,
        id: Annotated[
            relay.GlobalID, strawberry.argument(description="Global ID of the appointment.")
        ],
    ) -> models.Appointment | None:
        user, pk = require_user(info), global_id_to_pk(id, of=models.Appointment)
        return None if pk is None else VISIBLE.find(user, pk)
