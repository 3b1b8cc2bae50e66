import pytest
from graphql import GraphQLError, OperationDefinitionNode, validate
from graphql.language import DocumentNode

from schema.schema import schema
from tests.contract.documents import documents


def problems_of(document: DocumentNode) -> list[GraphQLError | str]:
    core = schema._schema  # noqa: SLF001 - Strawberry has no public way to it
    # graphql-core takes any document for valid whose root type the schema lacks.
    rootless = [
        f"no {node.operation.value} type"
        for node in document.definitions
        if isinstance(node, OperationDefinitionNode) and not core.get_root_type(node.operation)
    ]
    return [*rootless, *validate(core, document)]


@pytest.mark.parametrize("name", sorted(documents()))
def test_every_document_of_the_contract_is_valid(name: str) -> None:
    assert problems_of(documents()[name]) == []
