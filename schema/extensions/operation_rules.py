"""Rules for the operation of a request: its name, and its transport."""

from collections.abc import Iterator

from graphql import OperationDefinitionNode
from strawberry.extensions import SchemaExtension
from strawberry.schema.exceptions import CannotGetOperationTypeError
from strawberry.types.graphql import OperationType

from schema.core.context import WebSocketContext


class OperationNameRequired(CannotGetOperationTypeError):
    """The document has several operations and the request names none of them."""

    def __init__(self) -> None:
        super().__init__(operation_name=None)

    def as_http_error_reason(self) -> str:
        return "The document has several operations. Set `operationName`."


class RequireOperationName(SchemaExtension):
    """Reject a document with several operations if none is named; Strawberry would run the first.

    https://spec.graphql.org/October2021/#GetOperation()
    """

    def on_parse(self) -> Iterator[None]:
        yield
        context = self.execution_context
        document = context.graphql_document
        if document is None or context._provided_operation_name is not None:  # noqa: SLF001 - `operation_name` falls back to the first operation
            return
        operations = [d for d in document.definitions if isinstance(d, OperationDefinitionNode)]
        if len(operations) > 1:
            raise OperationNameRequired


class SubscriptionsOnlyOverWebSocket(SchemaExtension):
    """Reject queries and mutations over WebSocket, where Django's middleware does not run."""

    def on_operation(self) -> Iterator[None]:
        if isinstance(self.execution_context.context, WebSocketContext):
            self.execution_context.allowed_operations = {OperationType.SUBSCRIPTION}
        yield
