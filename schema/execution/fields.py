"""The functions that resolve and complete one selected field of an object."""

from typing import Any

from graphql import FieldNode, GraphQLField, GraphQLObjectType

from schema.core.prepared_pages import PagesOfSelection
from schema.execution.readers import NOT_LOADED, Reader
from schema.execution.run import Complete, Execute, Place, Run


class Field:
    """A selected field of an object type.

    ``is_root``: a field of the operation's root type. ``is_change``: of a mutation.
    """

    __slots__ = ("definition", "is_change", "is_root", "key", "nodes", "parent_type")

    def __init__(
        self,
        parent_type: GraphQLObjectType,
        definition: GraphQLField,
        key: str,
        nodes: list[FieldNode],
    ) -> None:
        self.parent_type = parent_type
        self.definition = definition
        self.key, self.nodes = key, nodes
        self.is_root = self.is_change = False

    @property
    def name(self) -> str:
        """The name of the field in the schema, not its key in the response."""
        return self.nodes[0].name.value

    @property
    def coordinate(self) -> str:
        return f"{self.parent_type.name}.{self.name}"


def resolving(field: Field, complete: Complete, pages: PagesOfSelection | None = None) -> Execute:
    """Return a function that calls the field's resolver, unless the page is a prepared one."""
    key, parent, nodes, type_ = _parts(field)

    def execute(run: Run, source: Any, place: Place) -> Any:
        own = (place, key, parent)
        try:
            info = run.info(field, own)
            if pages:
                value = run.page(field, pages, source, info)
            else:
                value = run.resolve(field, source, info)
            return complete(run, value, own, info)
        except Exception as error:  # noqa: BLE001 - every error becomes part of the response
            return run.fail(error, nodes, own, type_)

    return execute


def reading(field: Field, reader: Reader, complete: Complete) -> Execute:
    """Return a function that reads the field, and calls its resolver if the value is not loaded."""
    read, not_loaded = reader.read, NOT_LOADED if reader.only_loaded else ()
    key, parent, nodes, type_ = _parts(field)

    def execute(run: Run, source: Any, place: Place) -> Any:
        own = (place, key, parent)
        try:
            try:
                value = read(source)
            except not_loaded:
                value = run.resolve(field, source, run.info(field, own))
            return complete(run, value, own, None)
        except Exception as error:  # noqa: BLE001 - every error becomes part of the response
            return run.fail(error, nodes, own, type_)

    return execute


def _parts(field: Field) -> tuple[str, str, list[FieldNode], Any]:
    return field.key, field.parent_type.name, field.nodes, field.definition.type
