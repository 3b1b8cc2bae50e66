"""Which operation of a document is meant."""

from collections.abc import Iterator

from graphql import OperationDefinitionNode
from strawberry.extensions import SchemaExtension

from schema.errors import CodedError, ErrorCode


class NameTheOperation(SchemaExtension):
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
            raise CodedError(
                ErrorCode.BAD_USER_INPUT,
                "Name one of the document's operations in `operationName`.",
            )
