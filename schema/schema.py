"""The one GraphQL schema."""

import strawberry
from graphql import GraphQLError
from strawberry.schema.config import StrawberryConfig
from strawberry.types import ExecutionContext
from strawberry_django.optimizer import DjangoOptimizerExtension

from schema import borrowed, errors
from schema.audit import Audit, watch
from schema.connection import MAX_PAGE
from schema.context import Context, is_insider
from schema.execution import Execution, shorten
from schema.limits import Limits
from schema.mutations import Mutation
from schema.operations import NameTheOperation, OnlySubscribeOverSockets
from schema.queries import Query
from schema.scalars import SCALARS
from schema.subscriptions import Subscription


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
    borrowed.describe()
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
    borrowed.describe_made(schema._schema)  # noqa: SLF001 - Strawberry has no public way to it
    watch(schema._schema)  # noqa: SLF001
    shorten(schema._schema)  # noqa: SLF001
    return schema


schema = build_schema(query=Query, mutation=Mutation, subscription=Subscription)
