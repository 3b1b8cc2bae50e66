"""The documents clients send: ``operations.graphql``, one text an operation."""

from functools import cache
from hashlib import sha256
from pathlib import Path

from graphql import OperationDefinitionNode, parse, print_ast, separate_operations
from graphql.language import DocumentNode

DOCUMENTS = Path(__file__).with_name("operations.graphql")


@cache
def documents() -> dict[str, DocumentNode]:
    """Each operation with the fragments it needs, by its name."""
    return separate_operations(parse(DOCUMENTS.read_text(encoding="utf-8")))


@cache
def document_of(name: str) -> str:
    """The text of one operation with its fragments. Raises KeyError for an unknown name."""
    return print_ast(documents()[name])


def sha256_of(document: str) -> str:
    """The name by which a document can be asked for instead of being sent."""
    return sha256(document.encode()).hexdigest()


def operation_names() -> list[str]:
    return [
        node.name.value
        for document in documents().values()
        for node in document.definitions
        if isinstance(node, OperationDefinitionNode) and node.name
    ]
