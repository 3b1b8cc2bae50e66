"""The GraphQL schema: root types, extensions and error handling."""

import strawberry
from graphql import GraphQLError
from strawberry.extensions import SchemaExtension
from strawberry.schema.config import StrawberryConfig
from strawberry.types import ExecutionContext
from strawberry_django.optimizer import DjangoOptimizerExtension
from typing_extensions import override

from schema.accounts.email_addresses import EmailAddressMutation
from schema.accounts.mutations import AccountMutation
from schema.accounts.queries import MeQuery
from schema.accounts.second_factor import SecondFactorMutation
from schema.appointment_types.mutations import AppointmentTypeMutation
from schema.appointment_types.queries import AppointmentTypeQuery
from schema.appointments.mutations import AppointmentMutation
from schema.appointments.queries import AppointmentQuery
from schema.authentication.mutations import TokenMutation
from schema.clinic import ClinicQuery
from schema.closures.mutations import ClosureMutation
from schema.core import descriptions, errors
from schema.core.audited_types import track_audited_types
from schema.core.context import Context, can_introspect
from schema.core.pagination import MAX_PAGE
from schema.core.scalars import SCALARS
from schema.doctors.assistants import AssistantMutation
from schema.doctors.mutations import ScheduleMutation
from schema.doctors.queries import DoctorQuery
from schema.execution.context import PlannedExecutionContext
from schema.extensions.audit import Audit
from schema.extensions.operation_rules import RequireOperationName, SubscriptionsOnlyOverWebSocket
from schema.extensions.query_limits import QueryLimits
from schema.extensions.runner import ExtensionsRunner
from schema.node import NodeQuery
from schema.patients.dependants import DependantMutation
from schema.patients.invitations import InvitationMutation
from schema.patients.queries import PatientQuery
from schema.patients.registration import RegistrationMutation
from schema.profiles.mutations import ProfileMutation
from schema.subscriptions import Subscription


@strawberry.type(
    description="Root query. Fields need an access token unless their description says otherwise."
)
class Query(
    ClinicQuery,
    MeQuery,
    AppointmentTypeQuery,
    DoctorQuery,
    PatientQuery,
    AppointmentQuery,
    NodeQuery,
):
    pass


@strawberry.type(
    description="Root mutation. Fields need an access token unless their description says "
    "otherwise."
)
class Mutation(
    TokenMutation,
    AccountMutation,
    EmailAddressMutation,
    SecondFactorMutation,
    ProfileMutation,
    InvitationMutation,
    RegistrationMutation,
    AppointmentTypeMutation,
    ClosureMutation,
    ScheduleMutation,
    AssistantMutation,
    DependantMutation,
    AppointmentMutation,
):
    pass


class Schema(strawberry.Schema):
    @override
    def create_extensions_runner(
        self, execution_context: ExecutionContext, extensions: list[SchemaExtension]
    ) -> ExtensionsRunner:
        return ExtensionsRunner(execution_context, extensions)

    def process_errors(
        self, errors_: list[GraphQLError], execution_context: ExecutionContext | None = None
    ) -> None:
        """Normalize the errors of a result. Called by Strawberry before the response is built."""
        executed = execution_context is not None and execution_context.result is not None
        context = execution_context.context if execution_context else None
        request_id = context.request_id if isinstance(context, Context) else ""
        errors.normalize_errors(errors_, executed=executed, request_id=request_id)
        errors.deduplicate_errors(errors_)
        if any(map(errors.has_suggestion, errors_)) and not can_introspect(context):
            errors.strip_suggestions(errors_)


def build_schema(
    *, query: type, mutation: type | None = None, subscription: type | None = None
) -> Schema:
    """Build a schema on any root types, with the project's scalars, extensions and limits."""
    descriptions.describe_library_types()
    schema = Schema(
        query=query,
        mutation=mutation,
        subscription=subscription,
        extensions=[
            QueryLimits,
            RequireOperationName,
            SubscriptionsOnlyOverWebSocket,
            Audit,
            DjangoOptimizerExtension,
        ],
        config=StrawberryConfig(relay_max_results=MAX_PAGE, scalar_map=SCALARS),
        execution_context_class=PlannedExecutionContext,
    )
    descriptions.describe_generated_types(schema._schema)  # noqa: SLF001 - no public API
    track_audited_types(schema._schema)  # noqa: SLF001
    return schema


schema = build_schema(query=Query, mutation=Mutation, subscription=Subscription)
