"""Which operation of a document is meant."""

from collections.abc import Iterator

from graphql import OperationDefinitionNode
from strawberry.extensions import SchemaExtension
from strawberry.schema.exceptions import CannotGetOperationTypeError
from strawberry.types.graphql import OperationType

from schema.core.context import WebSocketContext


class OperationNameRequired(CannotGetOperationTypeError):
    """Several operations, and none of them named."""

    def __init__(self) -> None:
        super().__init__(operation_name=None)

    def as_http_error_reason(self) -> str:
        return "Name one of the document's operations in `operationName`."


class RequireOperationName(SchemaExtension):
    """Refuse a document of several operations when none is named; Strawberry would run the first.

    https://spec.graphql.org/October2021/#GetOperation()
    """

    def on_parse(self) -> Iterator[None]:
        yield
        context = self.execution_context
        document = context.graphql_document
        if document is None or context._provided_operation_name is not None:  # noqa: SLF001 - `operation_name` already is the guess
            return
        operations = [d for d in document.definitions if isinstance(d, OperationDefinitionNode)]
        if len(operations) > 1:
            raise OperationNameRequired


class SubscriptionsOnlyOverWebSocket(SchemaExtension):
    """Refuse queries and mutations that come by a socket: HTTP has all the middleware."""

    def on_operation(self) -> Iterator[None]:
        if isinstance(self.execution_context.context, WebSocketContext):
            self.execution_context.allowed_operations = {OperationType.SUBSCRIPTION}
        yield
