"""Queries that find doctors and their next slots."""

from typing import Annotated

import strawberry
import strawberry_django
from django.db.models import QuerySet
from strawberry import relay
from strawberry_django.optimizer import optimize

from clinic import models
from schema.core.batching import attach_batch, batch_of
from schema.core.context import Info
from schema.core.filters import validate_search_text
from schema.core.global_ids import get_by_global_id
from schema.core.pagination import CursorConnection, check_bounds
from schema.core.permissions import require_user
from schema.core.slots import Slot
from schema.doctors.available_slots import earliest_slots
from schema.doctors.filters import DoctorFilter
from schema.doctors.types import Doctor


@strawberry.type(description="A doctor and the doctor's earliest available slot.")
class NextAvailable:
    doctor_row: strawberry.Private[models.Doctor]
    slot: Slot = strawberry.field(description="Earliest slot of the doctor that you can book.")

    @strawberry.field(graphql_type=Doctor, description="The doctor.")
    def doctor(self, info: Info) -> models.Doctor:
        loaded = batch_of(self.doctor_row).load(info, load_doctors)
        return loaded[self.doctor_row.pk]


def load_doctors(doctors: list[models.Doctor], info: Info) -> dict[int, models.Doctor]:
    """Load the doctors, with the selected fields, in one query. Returns them by pk."""
    rows = models.Doctor.objects.filter(pk__in=[doctor.pk for doctor in doctors])
    loaded = list(optimize(rows, info))
    attach_batch(loaded)
    return {doctor.pk: doctor for doctor in loaded}


@strawberry.type
class DoctorQuery:
    @strawberry_django.connection(
        CursorConnection[Doctor],
        description="Doctors who can be booked: approved by staff, with an active account and the "
        "doctor role.",
    )
    def doctors(
        self,
        info: Info,
        filters: Annotated[
            DoctorFilter | None,
            strawberry.argument(description="Filters to apply. Null applies none."),
        ] = None,
    ) -> QuerySet[models.Doctor]:
        require_user(info)
        doctors = models.Doctor.objects.bookable()
        if filters:
            doctors = filters.apply(doctors, info)
        return doctors.order_by("user__last_name_folded", "user__first_name_folded", "pk")

    @strawberry_django.field(
        graphql_type=Doctor | None,
        description="A doctor who can be booked, or your own doctor profile; null if there is no "
        "such doctor.",
    )
    def doctor(
        self,
        info: Info,
        id: Annotated[relay.GlobalID, strawberry.argument(description="Global ID of the doctor.")],
    ) -> models.Doctor | None:
        visible = models.Doctor.objects.visible_to(require_user(info))
        return get_by_global_id(visible.select_related("user"), id)

    @strawberry.field(
        description="Specialties of the doctors who can be booked, in alphabetical order. "
        "Spellings that differ only in what `TextLookup.iExact` ignores are one entry, in the "
        "commonest spelling."
    )
    def specialties(self, info: Info) -> list[str]:
        require_user(info)
        return models.Doctor.objects.bookable().specialties()

    @strawberry.field(
        description="For each doctor of a specialty, the earliest slot that you can book, ordered "
        "by start. Doctors without a slot within the clinic's booking horizon are omitted."
    )
    def next_available(
        self,
        info: Info,
        specialty: Annotated[
            str,
            strawberry.argument(
                description="Whole name of the specialty, in any spelling that `TextLookup.iExact` "
                "takes for equal."
            ),
        ],
        first: Annotated[
            int, strawberry.argument(description="Maximum number of doctors, 0 to 100.")
        ] = 5,
    ) -> list[NextAvailable]:
        user = require_user(info)
        check_bounds(first=first)
        doctors = models.Doctor.objects.bookable().of_specialty(validate_search_text(specialty))
        earliest = earliest_slots(doctors, user, info.context.now)[:first]
        info.context.charge_progress()
        attach_batch(doctor for _slot, doctor in earliest)
        return [NextAvailable(doctor_row=doctor, slot=Slot(wall=slot)) for slot, doctor in earliest]
