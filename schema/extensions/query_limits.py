"""Limits for the size and cost of one operation.

Checked before the standard validation rules, some of which take quadratic time, and
before anything is fetched.
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
from schema.extensions.query_cost import CostCalculator, KnownCosts, OperationCost
from users.common.request_record import operation_name

MAX_ALIASES = 15
MAX_DIRECTIVES = 20
MAX_SPREADS = 100
MAX_DEPTH = 10
# Introspection has a limit of its own, which code generators and GraphiQL need.
MAX_INTROSPECTION_DEPTH = 15
MAX_INPUT_LIST = 100


class QueryLimits(SchemaExtension):
    """Rejects operations over a limit and reports the cost in ``extensions.cost``."""

    def __init__(self) -> None:
        self._document: ParsedDocument | None = None
        self._cost: int | None = None

    def on_parse(self) -> Iterator[None]:
        context = self.execution_context
        if context.query:
            self._document = parse_cached(core_schema(context), context.query)
            context.graphql_document = self._document.node
            if isinstance(context.context, Context):
                context.context.plans = self._document.plans
        yield

    def on_validate(self) -> Iterator[None]:
        context, document = self.execution_context, self._document
        assert document is not None, "set by on_parse"  # noqa: S101 - for the type checker
        operation_name.set(context.operation_name or "")
        cost = operation_cost(context, document)
        if context.operation_type is not OperationType.SUBSCRIPTION:
            self._cost = cost.cost
        errors = list(limit_violations(document.stats, cost, context.variables))
        if errors:
            context.pre_execution_errors = errors
        else:
            if cost.introspection_depth:
                require_introspection_allowed(context.context)
            self._charge(cost.charge)
        if document.valid:
            context.validation_rules = ()
        yield
        document.valid |= not context.pre_execution_errors

    def _charge(self, charge: int) -> None:
        """Charge the estimated cost. Raises RateLimitExceeded if the minute is used up."""
        context = self.execution_context
        if isinstance(context.context, Context) and context.context.meter:
            context.context.is_query = context.operation_type is OperationType.QUERY
            context.context.meter.charge_operation(charge)

    def get_results(self) -> dict[str, Any]:
        return {} if self._cost is None else {"cost": self._cost}


def core_schema(context: ExecutionContext) -> GraphQLSchema:
    return context.schema._schema  # noqa: SLF001 - Strawberry has no public way to it


def operation_cost(context: ExecutionContext, document: ParsedDocument) -> OperationCost:
    """Return the cost of the requested operation, from the cache if it is known."""
    name, variables = context.operation_name, context.variables or {}
    operation = get_operation_ast(document.node, name)
    if operation is None:
        return OperationCost()
    calculator = CostCalculator(core_schema(context), document.node, variables)
    known = document.costs.get(name)
    if known is not None:
        return known.get(variables, lambda: calculator.cost_of(operation))
    cost = calculator.cost_of(operation)
    document.costs[name] = known = KnownCosts(calculator.size_variables)
    return known.get(variables, lambda: cost)


def limit_violations(
    stats: DocumentStats, cost: OperationCost, variables: dict[str, Any] | None
) -> Iterator[GraphQLError]:
    """Yield an error for each limit that is exceeded."""
    for unit, count, limit in (
        ("aliases and repeated fields", stats.aliases, MAX_ALIASES),
        ("directives", stats.directives, MAX_DIRECTIVES),
        ("fragment spreads", stats.spreads, MAX_SPREADS),
        ("levels of fields", cost.depth, MAX_DEPTH),
        ("levels of introspection", cost.introspection_depth, MAX_INTROSPECTION_DEPTH),
        ("attempts with a password or an email address", cost.credential_attempts, 1),
        ("cost points", cost.cost, settings.MAX_QUERY_COST),
    ):
        if count > limit:
            message = f"Query exceeds the limit of {limit} {unit} (found {count})."
            yield CodedError(ErrorCode.QUERY_TOO_COMPLEX, message)
    if max(stats.longest_list, longest_list(variables)) > MAX_INPUT_LIST:
        message = f"Lists in the input are limited to {MAX_INPUT_LIST} values."
        yield CodedError(ErrorCode.BAD_USER_INPUT, message)
    if not stats.storable:
        message = "The document contains an invalid character: NUL or a lone surrogate."
        yield CodedError(ErrorCode.BAD_USER_INPUT, message)
