"""Pages of lists, whose SQL is compiled once for each kind of caller and size.

Building a queryset, choosing its columns and compiling it takes several times as long as the
database takes to return the page. Other pages, and those with filters or an order, are resolved as
before: their SQL depends on the values of the arguments.
"""

from collections.abc import Callable, Hashable, Mapping
from typing import Any, NamedTuple, Protocol

from django.db.models import Q, QuerySet
from graphql import FieldNode, GraphQLObjectType, GraphQLResolveInfo
from strawberry.relay import PageInfo
from strawberry.types.field import StrawberryField
from strawberry_django.relay.cursor_connection import (
    DjangoCursorEdge,
    OrderedCollectionCursor,
    OrderingDescriptor,
    annotate_ordering_fields,
)

from schema.core.access_tracker import RequestedCursors, SelectionSource, requested_cursors
from schema.core.batching import attach_batch
from schema.core.context import Context
from schema.core.pagination import (
    DEFAULT_PAGE,
    MAX_PAGE,
    CursorConnection,
    cursor_values,
    is_selected,
)
from users.common.any_user import AnyUser, Viewer, any_user_like
from users.common.prepared_queries import Columns, Parameter, PreparedQuery, Variants

# The key in the metadata of a connection field that holds its ``PreparedPages``.
PREPARED_PAGES_KEY = "cybermed-prepared-pages"
# Of one selection: its page sizes, with and without a cursor, the roles of its callers, and two
# dates around midnight.
MAX_VARIANTS = 8
FIRST, AFTER = "first", "after"

Row = tuple[Any, ...]


class Execution(Protocol):
    """The execution of an operation that asks for a page."""

    context: Context | None


# Completes the edges of a page from its rows, and records the rows and the coordinates of their
# cursors for the audit log. Returns None if only instances of the rows can be completed.
CompleteEdges = Callable[[Any, list[Row], set[str]], list[Any] | None]
# Returns the function for rows with these columns; None if only instances can be completed.
EdgesByColumns = Callable[[Columns], CompleteEdges | None]


class _Query(NamedTuple):
    """The query of a page and one more row, the columns of its order, and how it is completed."""

    rows: PreparedQuery
    order: list[OrderingDescriptor]
    complete: CompleteEdges | None


class PreparedPages:
    """What a connection field needs for prepared pages.

    ``rows`` returns the list of a viewer, in its order. ``conditions`` returns what decides its SQL
    besides the viewer's roles.
    """

    def __init__(
        self, rows: Callable[[Viewer], QuerySet[Any]], conditions: Callable[[], Hashable]
    ) -> None:
        self.rows, self.conditions = rows, conditions

    def of_selection(
        self,
        definition: StrawberryField,
        type_: GraphQLObjectType,
        nodes: list[FieldNode],
        source: SelectionSource,
        edges: EdgesByColumns,
    ) -> "PagesOfSelection | None":
        """Return the pages of one selection of the field; None if they cannot be prepared."""
        requested = requested_cursors(type_, nodes, source)
        if not requested.selected & {"edges", "pageInfo"} or "totalCount" in requested.selected:
            return None
        return PagesOfSelection(self, definition, requested, edges)


class PagesOfSelection:
    """The prepared pages of a field with one selection."""

    def __init__(
        self,
        pages: PreparedPages,
        definition: StrawberryField,
        requested: RequestedCursors,
        edges: EdgesByColumns,
    ) -> None:
        self._pages, self._definition, self._requested = pages, definition, requested
        self._edges = edges
        self._queries = Variants[_Query | None](MAX_VARIANTS)

    def page(
        self, info: GraphQLResolveInfo, execution: Execution, arguments: Mapping[str, Any]
    ) -> CursorConnection[Any] | None:
        """Return the page that the arguments ask for; None if it is not a prepared one.

        Raises as the resolver does if the caller is not signed in.
        """
        first, after, context = arguments.get(FIRST), arguments.get(AFTER), execution.context
        if context is None:
            return None
        first = DEFAULT_PAGE if first is None else first
        # The default of ``ordering`` is an empty list.
        others = (v for name, v in arguments.items() if name not in {FIRST, AFTER} and v != [])
        viewer = any_user_like(context.user)
        if viewer is None or any(value is not None for value in others):
            return None
        # The resolver rejects other sizes. It narrows the list of somebody with both roles.
        if not 0 <= first <= MAX_PAGE or (viewer.is_doctor and viewer.is_patient):
            return None
        is_first = after is None
        query = self._queries.get(
            (viewer, first, is_first, self._pages.conditions()),
            lambda: self._prepare(viewer, first, info, is_first=is_first),
        )
        # The resolver rejects malformed cursors. NULL is compared by other SQL than values.
        values = cursor_values(query.order, after) if query and after is not None else []
        if query is None or values is None or None in values:
            return None
        after_values = {f"{AFTER}{index}": value for index, value in enumerate(values)}
        rows = query.rows.rows(user=context.user.pk, **after_values)
        return self._make_page(query, rows, first, execution)

    def _prepare(
        self, viewer: AnyUser, first: int, info: GraphQLResolveInfo, *, is_first: bool
    ) -> _Query | None:
        """Build the query as the resolver of the field does."""
        schema = info.schema._strawberry_schema  # type: ignore[attr-defined]  # noqa: SLF001 - Strawberry has no public way to it
        strawberry_info = schema.config.info_class(info, self._definition)
        # Whether there are rows before the cursor is found out by a part of the SQL.
        if not is_first and is_selected(strawberry_info, "hasPreviousPage"):
            return None
        definition: Any = self._definition
        rows: Any = definition.get_queryset(self._pages.rows(viewer), strawberry_info)
        rows, order, _ = annotate_ordering_fields(rows)
        if not is_first:
            rows = rows.filter(_after_cursor(order))
        rows = rows[: first + 1]
        # The related lists would take queries of their own, which are not prepared.
        if rows._prefetch_related_lookups:  # noqa: SLF001 - Django has no public way to it
            return None
        query = PreparedQuery(lambda: rows)
        return _Query(query, order, self._edges(query.columns) if query.columns else None)

    def _make_page(
        self, query: _Query, found: list[Row], first: int, execution: Execution
    ) -> CursorConnection[Any]:
        rows, coordinates = found[:first], self._requested.coordinates
        edges: Any = query.complete and query.complete(execution, rows, coordinates)
        if edges is None:
            edges = self._edges_of_instances(query, rows, execution)
        ends = {"PageInfo.startCursor": rows[:1], "PageInfo.endCursor": rows[-1:]}
        start, end = (
            _cursor(query.rows.instance_of(row[0]), query.order)
            if row and name in coordinates
            else None
            for name, row in ends.items()
        )
        if execution.context:
            execution.context.charge_progress()
        return CursorConnection(
            edges=edges,
            page_info=PageInfo(
                start_cursor=start,
                end_cursor=end,
                has_previous_page=False,
                has_next_page=len(found) > first,
            ),
        )

    def _edges_of_instances(
        self, query: _Query, rows: list[Row], execution: Execution
    ) -> list[DjangoCursorEdge[Any]]:
        instances = [query.rows.instance_of(row) for row in rows]
        has_cursor = any(name.endswith(".cursor") for name in self._requested.coordinates)
        attach_batch(instances)
        if execution.context:
            execution.context.access_tracker.record_cursors(instances, self._requested)
        return [
            DjangoCursorEdge(cursor=_cursor(row, query.order) if has_cursor else "", node=row)
            for row in instances
        ]


def _cursor(row: Any, order: list[OrderingDescriptor]) -> str:
    cursor = OrderedCollectionCursor.from_model(row, order)
    edge: DjangoCursorEdge[Any] = DjangoCursorEdge.resolve_edge(row, cursor=cursor)
    return edge.cursor


def _after_cursor(order: list[OrderingDescriptor]) -> Q:
    """Return the condition of the rows after a cursor, whose values are parameters.

    As ``build_tuple_compare()`` of the library, which needs the values.
    """
    condition: Q | None = None
    for index, column in reversed([*enumerate(order)]):
        expression: Any = column.order_by.expression
        value = Parameter(f"{AFTER}{index}", expression.output_field)
        greater = column.get_comparator(value, before=False) or Q()
        condition = greater if condition is None else greater | (column.get_eq(value) & condition)
    return condition or Q()
