"""Every document of the contract is valid against the schema."""

import pytest
from graphql import GraphQLError, OperationDefinitionNode, validate
from graphql.language import DocumentNode

from schema.schema import schema
from tests.contract.documents import documents


def problems_of(document: DocumentNode) -> list[GraphQLError | str]:
    core = schema._schema  # noqa: SLF001 - no public API
    # graphql-core accepts a document whose root type does not exist in the schema.
    missing_root_types = [
        f"no {node.operation.value} type"
        for node in document.definitions
        if isinstance(node, OperationDefinitionNode) and not core.get_root_type(node.operation)
    ]
    return [*missing_root_types, *validate(core, document)]


@pytest.mark.parametrize("name", sorted(documents()))
def test_contract_document_is_valid(name: str) -> None:
    assert problems_of(documents()[name]) == []
