"""Mutations of the days on which the clinic is closed."""

import strawberry

from clinic import models
from clinic.booking import date_exceptions
from schema.closures.inputs import AddClosureInput, RemoveClosureInput
from schema.closures.types import Closure
from schema.core.context import Info
from schema.core.global_ids import global_id_to_pk
from schema.core.mutations import mutation
from schema.core.permissions import require_staff


@strawberry.type
class ClosureMutation:
    @mutation(
        result=Closure,
        description="Close the clinic on one or more days. Existing appointments are not changed: "
        "those inside are returned in `conflicts`. Only staff can do this.",
    )
    def add_closure(self, info: Info, input: AddClosureInput) -> models.Closure:
        require_staff(info, "clinic.add_closure")
        return date_exceptions.add_closure(
            name=input.name,
            first_day=input.first_day,
            last_day=input.last_day,
            now=info.context.now,
        )

    @mutation(
        result=Closure,
        description="Remove a closure, so that slots are offered again. Returns the removed "
        "closure. Only staff can do this.",
    )
    def remove_closure(self, info: Info, input: RemoveClosureInput) -> models.Closure:
        require_staff(info, "clinic.delete_closure")
        return date_exceptions.remove_closure(global_id_to_pk(input.id, of=models.Closure))
