import pytest
from graphql import GraphQLError, OperationDefinitionNode, validate
from graphql.language import DocumentNode

from schema.schema import schema
from tests.contract.documents import documents

# Operations that the schema does not offer yet; empty in the end.
LATER = {
    "Calendar",
    "ResetCalendarUrl",
}


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
def test_a_document_is_valid_exactly_when_it_is_not_left_for_later(name: str) -> None:
    problems = problems_of(documents()[name])
    assert bool(problems) == (name in LATER), problems


def test_what_is_left_for_later_is_in_the_contract() -> None:
    assert set(documents()) >= LATER
