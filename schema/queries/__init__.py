"""What can be asked."""

import strawberry

from schema.queries.clinic import ClinicQuery
from schema.queries.me import MeQuery


@strawberry.type(description="What can be asked.")
class Query(ClinicQuery, MeQuery):
    pass
