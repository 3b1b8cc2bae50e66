"""What one request may ask for.

Checked before the standard rules, some of which take quadratic time, and before
anything is fetched.
"""

from collections.abc import Iterator
from typing import Any

from django.conf import settings
from graphql import GraphQLError, GraphQLSchema, get_operation_ast
from strawberry.extensions import SchemaExtension
from strawberry.types import ExecutionContext
from strawberry.types.graphql import OperationType

from schema.core.context import Context, require_introspection_allowed
from schema.core.errors import CodedError, ErrorCode
from schema.extensions.document_cache import (
    DocumentStats,
    ParsedDocument,
    longest_list,
    parse_cached,
)
from schema.extensions.query_cost import CostCalculator, OperationCost

MAX_ALIASES = 15
MAX_DIRECTIVES = 20
MAX_SPREADS = 100
MAX_DEPTH = 10
# Introspection has a bound of its own: code generators and GraphiQL need this much.
MAX_INTROSPECTION_DEPTH = 15
MAX_INPUT_LIST = 100


class QueryLimits(SchemaExtension):
    """Refuses what is over a limit, and reports what was counted in ``extensions.cost``."""

    def __init__(self) -> None:
        self._document: ParsedDocument | None = None
        self._cost: int | None = None

    def on_parse(self) -> Iterator[None]:
        context = self.execution_context
        if context.query:
            self._document = parse_cached(core_schema(context), context.query)
            context.graphql_document = self._document.node
        yield

    def on_validate(self) -> Iterator[None]:
        context, document = self.execution_context, self._document
        assert document is not None, "it was parsed before"  # noqa: S101 - for the type checker
        if isinstance(context.context, Context):
            context.context.request.operation_name = context.operation_name
        weight = operation_cost(context, document)
        if context.operation_type is not OperationType.SUBSCRIPTION:
            self._cost = weight.cost
        errors = list(limit_violations(document.written, weight, context.variables))
        if errors:
            context.pre_execution_errors = errors
        elif weight.introspection_depth:
            require_introspection_allowed(context.context)
        if document.valid:
            context.validation_rules = ()
        yield
        document.valid |= not context.pre_execution_errors

    def get_results(self) -> dict[str, Any]:
        return {} if self._cost is None else {"cost": self._cost}


def core_schema(context: ExecutionContext) -> GraphQLSchema:
    return context.schema._schema  # noqa: SLF001 - Strawberry has no public way to it


def operation_cost(context: ExecutionContext, document: ParsedDocument) -> OperationCost:
    """The weight of the operation that is to be run."""
    name = context.operation_name
    if name in document.weights:
        return document.weights[name]
    operation = get_operation_ast(document.node, name)
    if operation is None:
        return OperationCost()
    scale = CostCalculator(core_schema(context), document.node, context.variables or {})
    weight = scale.weigh(operation)
    if not scale.depends_on_variables:
        document.weights[name] = weight
    return weight


def limit_violations(
    written: DocumentStats, weight: OperationCost, variables: dict[str, Any] | None
) -> Iterator[GraphQLError]:
    """An error for each limit that is passed."""
    for what, found, most in (
        ("aliases and repeated fields", written.aliases, MAX_ALIASES),
        ("directives", written.directives, MAX_DIRECTIVES),
        ("fragment spreads", written.spreads, MAX_SPREADS),
        ("levels of fields", weight.depth, MAX_DEPTH),
        ("levels of introspection", weight.introspection_depth, MAX_INTROSPECTION_DEPTH),
        ("attempts with a password or an address", weight.tries, 1),
        ("cost", weight.cost, settings.MAX_QUERY_COST),
    ):
        if found > most:
            yield CodedError(
                ErrorCode.QUERY_TOO_COMPLEX, f"This query has {found} {what}; the most is {most}."
            )
    if max(written.longest_list, longest_list(variables)) > MAX_INPUT_LIST:
        message = f"A list in the input has {MAX_INPUT_LIST} values at most."
        yield CodedError(ErrorCode.BAD_USER_INPUT, message)
    if not written.storable:
        message = "The document has a character that no text may have: NUL or a lone surrogate."
        yield CodedError(ErrorCode.BAD_USER_INPUT, message)
