from typing import Annotated

import strawberry
import strawberry_django
from django.db.models import QuerySet
from strawberry import relay
from strawberry_django.optimizer import optimize

from clinic import models
from clinic.booking import availability
from schema.core.batching import attach_batch, batch_of
from schema.core.context import Info
from schema.core.filters import validate_search_text
from schema.core.global_ids import get_by_global_id
from schema.core.pagination import CursorConnection, check_bounds
from schema.core.permissions import require_user
from schema.core.slots import Slot
from schema.doctors.filters import DoctorFilter
from schema.doctors.types import Doctor


@strawberry.type(description="A doctor's earliest slot.")
class NextAvailable:
    found: strawberry.Private[models.Doctor]
    slot: Slot = strawberry.field(description="Their earliest slot that you could book.")

    @strawberry.field(graphql_type=Doctor, description="The doctor.")
    def doctor(self, info: Info) -> models.Doctor:
        return batch_of(self.found).find(info, lambda all_: loaded(all_, info))[self.found.pk]


def loaded(doctors: list[models.Doctor], info: Info) -> dict[int, models.Doctor]:
    """The doctors by their keys, loaded at once with what is asked of them."""
    get_by_global_id = models.Doctor.objects.filter(pk__in=[doctor.pk for doctor in doctors])
    found = list(optimize(get_by_global_id, info))
    attach_batch(found)
    return {doctor.pk: doctor for doctor in found}


@strawberry.type
class DoctorQuery:
    @strawberry_django.connection(
        CursorConnection[Doctor], description="The doctors who can be booked."
    )
    def doctors(
        self,
        info: Info,
        filters: Annotated[
            DoctorFilter | None, strawberry.argument(description="Which ones; all unless given.")
        ] = None,
    ) -> QuerySet[models.Doctor]:
        require_user(info)
        doctors = models.Doctor.objects.bookable()
        if filters:
            doctors = filters.apply(doctors, info)
        return doctors.order_by("user__last_name", "user__first_name", "pk")

    @strawberry_django.field(
        graphql_type=Doctor | None,
        description="A doctor who can be booked, or yourself; null if there is none with this id.",
    )
    def doctor(
        self, info: Info, id: Annotated[relay.GlobalID, strawberry.argument(description="Whom.")]
    ) -> models.Doctor | None:
        visible = models.Doctor.objects.visible_to(require_user(info))
        return get_by_global_id(visible.select_related("user"), id)

    @strawberry.field(description="The specialties of the doctors who can be booked, by name.")
    def specialties(self, info: Info) -> list[str]:
        require_user(info)
        doctors = models.Doctor.objects.bookable().order_by("specialty")
        return list(doctors.values_list("specialty", flat=True).distinct())

    @strawberry.field(
        description="The earliest slot of each doctor of a specialty that you could book, within "
        "the clinic's horizon, by start. Doctors without one are left out."
    )
    def next_available(
        self,
        info: Info,
        specialty: Annotated[
            str, strawberry.argument(description="The specialty, in any capitals.")
        ],
        first: Annotated[int, strawberry.argument(description="How many doctors, 0 to 100.")] = 5,
    ) -> list[NextAvailable]:
        user, now = require_user(info), info.context.now
        check_bounds(first=first)
        bookable = models.Doctor.objects.bookable().filter(
            specialty__iexact=validate_search_text(specialty)
        )
        # No more than slots depend on: all are looked at, and a few are shown.
        doctors = bookable.only("user_id", "slot_minutes")
        criteria = availability.criteria_for_booking(user, now)
        found = availability.first_slots(doctors, criteria, now.date(), limit=1)
        earliest = sorted((slots[0], pk) for pk, slots in found.items() if slots)[:first]
        by_pk = {doctor.pk: doctor for doctor in doctors}
        attach_batch(by_pk[pk] for _slot, pk in earliest)
        return [NextAvailable(found=by_pk[pk], slot=Slot(wall=slot)) for slot, pk in earliest]
