"""First pages of lists, whose SQL is compiled once for each kind of caller and size.

Building a queryset, choosing its columns and compiling it takes several times as long as the
database takes to return the page. Other pages, and those with filters or an order, are resolved as
before: their SQL depends on the values of the arguments.
"""

from collections.abc import Callable, Hashable, Mapping
from typing import Any, NamedTuple

from django.db.models import QuerySet
from graphql import FieldNode, GraphQLObjectType, GraphQLResolveInfo
from strawberry.relay import PageInfo
from strawberry.types.field import StrawberryField
from strawberry_django.relay.cursor_connection import (
    DjangoCursorEdge,
    OrderedCollectionCursor,
    OrderingDescriptor,
    apply_cursor_pagination,
)

from schema.core.access_tracker import RequestedCursors, SelectionSource, requested_cursors
from schema.core.batching import attach_batch
from schema.core.context import Context
from schema.core.pagination import DEFAULT_PAGE, MAX_PAGE, CursorConnection
from users.common.any_user import AnyUser, Viewer, any_user_like
from users.common.prepared_queries import PreparedQuery, Variants

# The key in the metadata of a connection field that holds its ``PreparedPages``.
PREPARED_PAGES_KEY = "cybermed-prepared-pages"
# Of one selection: its page sizes, the roles of its callers, and two dates around midnight.
MAX_VARIANTS = 4
FIRST = "first"


class _Query(NamedTuple):
    """The query of a page and one more row, and the columns of its order."""

    rows: PreparedQuery
    order: list[OrderingDescriptor]


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
    ) -> "PagesOfSelection | None":
        """Return the pages of one selection of the field; None if they cannot be prepared."""
        requested = requested_cursors(type_, nodes, source)
        if not requested.selected & {"edges", "pageInfo"} or "totalCount" in requested.selected:
            return None
        return PagesOfSelection(self, definition, requested)


class PagesOfSelection:
    """The prepared pages of a field with one selection."""

    def __init__(
        self, pages: PreparedPages, definition: StrawberryField, requested: RequestedCursors
    ) -> None:
        self._pages, self._definition, self._requested = pages, definition, requested
        self._queries = Variants[_Query | None](MAX_VARIANTS)

    def page(
        self, info: GraphQLResolveInfo, context: Context, arguments: Mapping[str, Any]
    ) -> CursorConnection[Any] | None:
        """Return the page that the arguments ask for; None if it is not a prepared one.

        Raises as the resolver does if the caller is not signed in.
        """
        first, user = arguments.get(FIRST), context.user
        first = DEFAULT_PAGE if first is None else first
        # The default of ``ordering`` is an empty list.
        others = (value for name, value in arguments.items() if name != FIRST and value != [])
        viewer = any_user_like(user)
        if viewer is None or any(value is not None for value in others):
            return None
        # The resolver rejects other sizes. It narrows the list of somebody with both roles.
        if not 0 <= first <= MAX_PAGE or (viewer.is_doctor and viewer.is_patient):
            return None
        query = self._queries.get(
            (viewer, first, self._pages.conditions()), lambda: self._prepare(viewer, first, info)
        )
        return self._make_page(query, user.pk, first, context) if query else None

    def _prepare(self, viewer: AnyUser, first: int, info: GraphQLResolveInfo) -> _Query | None:
        """Build the query as the resolver of the field does."""
        schema = info.schema._strawberry_schema  # type: ignore[attr-defined]  # noqa: SLF001 - Strawberry has no public way to it
        strawberry_info = schema.config.info_class(info, self._definition)
        definition: Any = self._definition
        rows: Any = definition.get_queryset(self._pages.rows(viewer), strawberry_info)
        rows, order = apply_cursor_pagination(
            rows,
            info=strawberry_info,
            before=None,
            after=None,
            first=first,
            last=None,
            max_results=None,
        )
        # The related lists would take queries of their own, which are not prepared.
        if rows._prefetch_related_lookups:  # noqa: SLF001 - Django has no public way to it
            return None
        return _Query(PreparedQuery(lambda: rows), order)

    def _make_page(
        self, query: _Query, user_pk: int, first: int, context: Context
    ) -> CursorConnection[Any]:
        found = query.rows.instances(user=user_pk)
        rows, requested = found[:first], self._requested
        edges = [DjangoCursorEdge(cursor="", node=row) for row in rows]
        for index in _with_cursor(len(edges), requested):
            cursor = OrderedCollectionCursor.from_model(rows[index], query.order)
            edges[index] = DjangoCursorEdge.resolve_edge(rows[index], cursor=cursor)
        attach_batch(rows)
        context.access_tracker.record_cursors(rows, requested)
        context.charge_progress()
        return CursorConnection(
            edges=edges,
            page_info=PageInfo(
                start_cursor=edges[0].cursor if edges else None,
                end_cursor=edges[-1].cursor if edges else None,
                has_previous_page=False,
                has_next_page=len(found) > first,
            ),
        )


def _with_cursor(count: int, requested: RequestedCursors) -> set[int]:
    """Return the indexes of the edges whose cursors are selected, on the edge or in PageInfo."""
    if any(name.endswith(".cursor") for name in requested.coordinates):
        return set(range(count))
    ends = {"PageInfo.startCursor": 0, "PageInfo.endCursor": count - 1}
    return {index for name, index in ends.items() if count and name in requested.coordinates}
