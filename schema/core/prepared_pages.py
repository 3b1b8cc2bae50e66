"""Pages of lists, whose SQL is compiled once for each kind of caller, size, filter and order.

Building a queryset, choosing its columns and compiling it takes several times as long as the
database takes to return the page. Many callers send the same filters and orders, such as the
appointments of today. Pages from the end of a list, and with many values in a filter, are resolved.
"""

from collections.abc import Callable, Hashable, Mapping
from typing import Any, NamedTuple

from django.db.models import Q, QuerySet
from graphql import FieldNode, GraphQLObjectType, GraphQLResolveInfo
from strawberry.relay import PageInfo
from strawberry.types.arguments import convert_arguments
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
from schema.core.errors import CodedError
from schema.core.page_arguments import AFTER, FILTERS, PageRequest, read_arguments
from schema.core.pagination import (
    MAX_ORDER,
    CursorConnection,
    cursor_values,
    is_selected,
)
from users.authentication.access_tokens import TokenError
from users.common.any_user import AnyUser, Viewer, any_user_like
from users.common.prepared_queries import Columns, Parameter, PreparedQuery, Variants, prepare

# The key in the metadata of a connection field that holds its ``PreparedPages``.
PREPARED_PAGES_KEY = "cybermed-prepared-pages"
# Of all selections: each has one for each page size, with and without a cursor, filter, order and
# kind of caller. They take about 60 kB each, and clients choose how many there are.
MAX_QUERIES = 300
Row = tuple[Any, ...]


# Completes the edges of a page from its rows in an execution of a plan, and records the rows and
# the coordinates of their cursors for the audit log of the context. Returns None if only instances
# of the rows can be completed.
CompleteEdges = Callable[[Any, Context, list[Row], frozenset[str]], list[Any] | None]
# Returns the function for rows with these columns; None if only instances can be completed.
EdgesByColumns = Callable[[Columns], CompleteEdges | None]


class _Query(NamedTuple):
    """The query of a page and one more row, the columns of its order, and how it is completed."""

    rows: PreparedQuery
    order: list[OrderingDescriptor]
    complete: CompleteEdges | None


QUERIES = Variants[_Query | None](MAX_QUERIES)
# The filters and the order that a selection was asked for, as the resolver gets them.
CRITERIA = Variants[Mapping[str, Any]](MAX_QUERIES)


class PreparedPages:
    """What a connection field needs for prepared pages.

    ``rows`` returns the list of a viewer with the filters that the field got, or None, in its
    order. ``conditions`` returns what decides its SQL besides the viewer's roles.
    """

    def __init__(
        self, rows: Callable[[Viewer, Any], QuerySet[Any]], conditions: Callable[[], Hashable]
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

    def page(
        self,
        info: GraphQLResolveInfo,
        context: Context,
        arguments: Mapping[str, Any],
        execution: object,
    ) -> CursorConnection[Any] | None:
        """Return the page that the arguments ask for; None if it is not a prepared one.

        ``execution`` is passed to what completes the edges. Raises as the resolver does if a filter
        is invalid.
        """
        asked = read_arguments(arguments)
        query = asked and self._find_query(asked, context, info)
        if asked is None or query is None:
            return None
        first, after = asked.first, asked.after
        # The resolver rejects malformed cursors. NULL is compared by other SQL than values.
        values = cursor_values(query.order, after) if after is not None else []
        if values is None or None in values:
            return None
        after_values = {f"{AFTER}{index}": value for index, value in enumerate(values)}
        rows = query.rows.rows(user=context.user.pk, **after_values)
        edges: Any = None
        if query.complete:
            coordinates = self._requested.coordinates
            edges = query.complete(execution, context, rows[:first], coordinates)
        if edges is None:
            edges = self._edges_of_instances(query, rows[:first], context)
        context.charge_progress()
        return self._make_page(query, rows, edges, first)

    def _find_query(
        self, asked: PageRequest, context: Context, info: GraphQLResolveInfo
    ) -> _Query | None:
        """Return the query for the caller; None if it is not prepared. Raises as ``page()``."""
        # Before the caller is loaded, because an invalid filter is rejected without a query.
        criteria = CRITERIA.get(
            (self, asked.criteria_key), lambda: self._convert(asked.criteria, info)
        )
        try:
            viewer = any_user_like(context.user)
        except (CodedError, TokenError):
            return None  # the resolver reports it
        # The resolver narrows the list of somebody with both roles.
        if viewer is None or (viewer.is_doctor and viewer.is_patient):
            return None
        first, is_first = asked.first, asked.after is None
        return QUERIES.get(
            (self, viewer, first, is_first, asked.criteria_key, self._pages.conditions()),
            lambda: self._prepare(viewer, first, criteria, info, is_first=is_first),
        )

    def _convert(self, criteria: Mapping[str, Any], info: GraphQLResolveInfo) -> Mapping[str, Any]:
        """Return filters and order as the resolver gets them. Raises as it does."""
        schema = _schema_of(info)
        return convert_arguments(
            {name: value for name, value in criteria.items() if value is not None},
            self._definition.arguments,
            scalar_registry=schema.schema_converter.scalar_registry,
            config=schema.config,
        )

    def _prepare(
        self,
        viewer: AnyUser,
        first: int,
        criteria: Mapping[str, Any],
        info: GraphQLResolveInfo,
        *,
        is_first: bool,
    ) -> _Query | None:
        """Build the query as the resolver of the field does."""
        strawberry_info = _schema_of(info).config.info_class(info, self._definition)
        # Whether there are rows before the cursor is found out by a part of the SQL.
        if not is_first and is_selected(strawberry_info, "hasPreviousPage"):
            return None
        definition: Any = self._definition
        rows: Any = self._pages.rows(viewer, criteria.get(FILTERS))
        others = {name: value for name, value in criteria.items() if name != FILTERS}
        rows = definition.get_queryset(rows, strawberry_info, **others)
        # The resolver rejects longer ones.
        if len(rows.query.order_by) > MAX_ORDER:
            return None
        rows, order, _ = annotate_ordering_fields(rows)
        if not is_first:
            rows = rows.filter(_after_cursor(order))
        query = prepare(rows[: first + 1])
        if query is None:
            return None
        return _Query(query, order, self._edges(query.columns) if query.columns else None)

    def _make_page(
        self, query: _Query, found: list[Row], edges: list[Any], first: int
    ) -> CursorConnection[Any]:
        rows, coordinates = found[:first], self._requested.coordinates
        ends = {"PageInfo.startCursor": rows[:1], "PageInfo.endCursor": rows[-1:]}
        start, end = (
            _cursor(query.rows.instance_of(row[0]), query.order)
            if row and name in coordinates
            else None
            for name, row in ends.items()
        )
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
        self, query: _Query, rows: list[Row], context: Context
    ) -> list[DjangoCursorEdge[Any]]:
        instances = [query.rows.instance_of(row) for row in rows]
        has_cursor = any(name.endswith(".cursor") for name in self._requested.coordinates)
        attach_batch(instances)
        context.access_tracker.record_cursors(instances, self._requested)
        return [
            DjangoCursorEdge(cursor=_cursor(row, query.order) if has_cursor else "", node=row)
            for row in instances
        ]


def _schema_of(info: GraphQLResolveInfo) -> Any:
    return info.schema._strawberry_schema  # type: ignore[attr-defined]  # noqa: SLF001 - Strawberry has no public way to it


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
