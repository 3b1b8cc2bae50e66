"""The operations of the API contract in ``operations.graphql``, as separate documents."""

from functools import cache
from hashlib import sha256
from pathlib import Path

from graphql import OperationDefinitionNode, parse, print_ast, separate_operations
from graphql.language import DocumentNode

DOCUMENTS = Path(__file__).with_name("operations.graphql")


@cache
def documents() -> dict[str, DocumentNode]:
    """Return each operation with its fragments, by its name."""
    return separate_operations(parse(DOCUMENTS.read_text(encoding="utf-8")))


@cache
def document_of(name: str) -> str:
    """Return one operation with its fragments as text. Raises KeyError for an unknown name."""
    return print_ast(documents()[name])


def sha256_of(document: str) -> str:
    """Return the ID of a persisted document."""
    return sha256(document.encode()).hexdigest()


def operation_names() -> list[str]:
    return [
        node.name.value
        for document in documents().values()
        for node in document.definitions
        if isinstance(node, OperationDefinitionNode) and node.name
    ]
