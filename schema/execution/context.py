"""Execute an operation by its plan, and limit the size of a response.

The cost of an operation assumes a length for lists without a size argument. The limit ends an
operation whose lists are so long that its response would have more than ``MAX_RESPONSE_FIELDS``.
"""

from typing import Any

from django.conf import settings
from graphql import FieldNode, GraphQLObjectType, OperationDefinitionNode, OperationType
from graphql.pyutils import Path
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext
from strawberry.utils.inspect import in_async_context

from schema.core.context import Context
from schema.core.errors import CodedError, ErrorCode
from schema.execution.plan import Planner
from schema.execution.run import Execute, Run

# About one second of computing time.
MAX_RESPONSE_FIELDS = 100_000
# The time is charged after this number of fields, and again after as many.
FIELDS_PER_CHARGE = 3_000


class PlannedExecutionContext(StrawberryGraphQLCoreExecutionContext):
    """Executes queries and mutations by plans, and subscriptions by graphql-core."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._fields, self._next_charge = 0, FIELDS_PER_CHARGE

    def execute_operation(self, operation: OperationDefinitionNode, root_value: Any) -> Any:
        is_planned = (
            settings.PLANNED_EXECUTION
            and operation.operation is not OperationType.SUBSCRIPTION
            and not in_async_context()
        )
        if not is_planned:
            return super().execute_operation(operation, root_value)
        execute = self._plan(operation)
        return execute(Run(self, self.count_fields, self.has_room_for), root_value, None)

    def _plan(self, operation: OperationDefinitionNode) -> Execute:
        context, name = self.context_value, operation.name.value if operation.name else None
        plans = context.plans if isinstance(context, Context) else None
        if plans is None:
            # The conditions are unknown, and other variables cannot be the key of a plan.
            return Planner(self, self.variable_values).plan()
        plan: Execute = plans.plan(
            name, self.variable_values, lambda conditions: Planner(self, conditions).plan()
        )
        return plan

    def execute_fields(
        self,
        parent_type: GraphQLObjectType,
        source_value: Any,
        path: Path | None,
        fields: dict[str, list[FieldNode]],
    ) -> Any:
        # The object itself takes as long as a field.
        self.count_fields(len(fields) + 1)
        return super().execute_fields(parent_type, source_value, path, fields)

    def has_room_for(self, number: int) -> bool:
        """Return whether the response can have so many more fields."""
        return self._fields + number <= MAX_RESPONSE_FIELDS

    def count_fields(self, number: int) -> None:
        """Count fields of the response, and charge the computing time.

        Raises CodedError (QUERY_TOO_COMPLEX) and RateLimitExceeded.
        """
        self._fields += number
        if self._fields > MAX_RESPONSE_FIELDS:
            message = f"The response exceeds the limit of {MAX_RESPONSE_FIELDS:,} fields."
            raise CodedError(ErrorCode.QUERY_TOO_COMPLEX, message)
        if self._fields > self._next_charge:
            self._next_charge = self._fields + FIELDS_PER_CHARGE
            if isinstance(self.context_value, Context):
                self.context_value.charge_progress()
