"""The one GraphQL schema."""

import strawberry
from graphql import GraphQLError
from strawberry.schema.config import StrawberryConfig
from strawberry.types import ExecutionContext
from strawberry_django.optimizer import DjangoOptimizerExtension

from schema.accounts.mutations import AccountMutation
from schema.accounts.queries import MeQuery
from schema.appointments.mutations import AppointmentMutation
from schema.appointments.queries import AppointmentQuery
from schema.authentication.mutations import TokenMutation
from schema.clinic import ClinicQuery
from schema.core import descriptions, errors
from schema.core.context import Context, is_insider
from schema.core.execution import Execution, shorten
from schema.core.pagination import MAX_PAGE
from schema.core.scalars import SCALARS
from schema.doctors.mutations import ScheduleMutation
from schema.doctors.queries import DoctorQuery
from schema.extensions.audit import Audit, watch
from schema.extensions.operation_rules import NameTheOperation, OnlySubscribeOverSockets
from schema.extensions.query_limits import Limits
from schema.node import NodeQuery
from schema.patients.queries import PatientQuery
from schema.profiles.mutations import ProfileMutation
from schema.subscriptions import Subscription


@strawberry.type(description="What can be asked.")
class Query(ClinicQuery, MeQuery, DoctorQuery, PatientQuery, AppointmentQuery, NodeQuery):
    pass


@strawberry.type(description="What can be done.")
class Mutation(
    TokenMutation, AccountMutation, ProfileMutation, ScheduleMutation, AppointmentMutation
):
    pass


class Schema(strawberry.Schema):
    def process_errors(
        self, errors_: list[GraphQLError], execution_context: ExecutionContext | None = None
    ) -> None:
        """Called by Strawberry for every failed stage, before the answer leaves."""
        executed = execution_context is not None and execution_context.result is not None
        context = execution_context.context if execution_context else None
        request_id = context.request_id if isinstance(context, Context) else ""
        errors.settle(errors_, executed=executed, request_id=request_id)
        errors.one_of_a_kind(errors_)
        if any(map(errors.has_hint, errors_)) and not is_insider(context):
            errors.drop_hints(errors_)


def build_schema(
    *, query: type, mutation: type | None = None, subscription: type | None = None
) -> Schema:
    """A schema by our rules of scalars, errors, pages and fetching, on any root types."""
    descriptions.describe()
    schema = Schema(
        query=query,
        mutation=mutation,
        subscription=subscription,
        extensions=[
            Limits,
            NameTheOperation,
            OnlySubscribeOverSockets,
            Audit,
            DjangoOptimizerExtension,
        ],
        config=StrawberryConfig(relay_max_results=MAX_PAGE, scalar_map=SCALARS),
        execution_context_class=Execution,
    )
    descriptions.describe_made(schema._schema)  # noqa: SLF001 - Strawberry has no public way to it
    watch(schema._schema)  # noqa: SLF001
    shorten(schema._schema)  # noqa: SLF001
    return schema


schema = build_schema(query=Query, mutation=Mutation, subscription=Subscription)
