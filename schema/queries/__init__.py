"""What can be asked."""

import strawberry

from schema.queries.clinic import ClinicQuery


@strawberry.type(description="What can be asked.")
class Query(ClinicQuery):
    pass
