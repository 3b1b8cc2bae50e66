"""The state of one execution of a plan, and the paths of its fields."""

from collections.abc import Callable
from typing import Any

from graphql import (
    ExecutionContext,
    FieldNode,
    GraphQLOutputType,
    GraphQLResolveInfo,
    located_error,
)
from graphql.execution.values import get_argument_values
from graphql.pyutils import Path

from schema.core.context import Context
from schema.core.prepared_pages import PagesOfSelection

# A path as nested tuples with the members of graphql-core's ``Path``: made for each object of a
# response, where a ``Path`` takes ten times as long.
Place = tuple[Any, str | int, str | None] | None
# Executes something selected on a value, whose place it gets. Raises GraphQLError if the value
# cannot be null.
Execute = Callable[["Run", Any, Place], Any]
# Completes the value of a field. The info is that of a field whose resolver was called, else None.
Complete = Callable[["Run", Any, Place, GraphQLResolveInfo | None], Any]


def path_at(place: Place) -> Path | None:
    """Return a place as graphql-core's path."""
    return None if place is None else Path(path_at(place[0]), place[1], place[2])


class Run:
    """One execution: what a plan's functions need besides the value.

    ``context`` is the context of the operation, None if it is not one of ours, as in tests.
    """

    __slots__ = ("_execution", "_resolvers", "context", "count_fields", "has_room_for")

    def __init__(
        self,
        execution: ExecutionContext,
        count_fields: Callable[[int], None],
        has_room_for: Callable[[int], bool],
    ) -> None:
        context = execution.context_value
        self.context = context if isinstance(context, Context) else None
        self.count_fields, self.has_room_for = count_fields, has_room_for
        self._execution = execution
        self._resolvers: dict[Any, Any] = {}

    def info(self, field: Any, place: Place) -> GraphQLResolveInfo:
        path: Any = path_at(place)
        return self._execution.build_resolve_info(
            field.definition, field.nodes, field.parent_type, path
        )

    def resolve(self, field: Any, source: Any, info: GraphQLResolveInfo) -> Any:
        """Call the field's resolver with its arguments."""
        if not field.definition.args:
            return self._resolver(field)(source, info)
        return self._resolver(field)(source, info, **self._arguments(field))

    def page(
        self, field: Any, pages: PagesOfSelection, source: Any, info: GraphQLResolveInfo
    ) -> Any:
        """Return the prepared page that the field's arguments ask for, or what it resolves to."""
        arguments = self._arguments(field)
        page = self.context and pages.page(info, self.context, arguments, self)
        return self._resolver(field)(source, info, **arguments) if page is None else page

    def _arguments(self, field: Any) -> dict[str, Any]:
        variables = self._execution.variable_values
        return get_argument_values(field.definition, field.nodes[0], variables)

    def _resolver(self, field: Any) -> Any:
        resolver = self._resolvers.get(field)
        if resolver is None:
            resolver = field.definition.resolve or self._execution.field_resolver
            if manager := self._execution.middleware_manager:
                resolver = manager.get_field_resolver(resolver)
            self._resolvers[field] = resolver
        return resolver

    def runtime_type(self, type_: Any, nodes: list[FieldNode], info: Any, value: Any) -> Any:
        """Return the object type of a value of an abstract type."""
        resolve_type = type_.resolve_type or self._execution.type_resolver
        name = resolve_type(value, info, type_)
        return self._execution.ensure_valid_runtime_type(name, type_, nodes, info, value)

    def fail(
        self, error: Exception, nodes: list[FieldNode], place: Place, type_: GraphQLOutputType
    ) -> Any:
        """Add an error to the response; return None, the value of the field or list item.

        Raises the error if the value cannot be null.
        """
        path: Any = path_at(place)
        located = located_error(error, nodes, path.as_list())
        self._execution.handle_field_error(located, type_, path)
        return None
