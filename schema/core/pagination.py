"""Cursor pagination with bounded pages."""

from functools import reduce
from itertools import chain
from operator import and_, or_
from typing import Any, cast

import strawberry
from django.db.models import AutoField, BooleanField, Exists, ExpressionWrapper, Q, QuerySet
from strawberry import relay
from strawberry.relay.types import NodeIterableType
from strawberry.types.nodes import SelectedField, Selection
from strawberry.utils.str_converters import to_camel_case
from strawberry_django.relay import DjangoCursorConnection
from strawberry_django.relay.cursor_connection import (
    DjangoCursorEdge,
    OrderedCollectionCursor,
    OrderingDescriptor,
    annotate_ordering_fields,
    build_tuple_compare,
)
from typing_extensions import TypeIs

from clinic.models.appointment import AppointmentQuerySet
from clinic.models.appointment_access import VIEW_APPOINTMENT
from schema.core.batching import attach_batch
from schema.core.errors import CodedError, ErrorCode
from users.models import Role, User
from users.staff import can_act_as_staff
from users.text import is_storable

DEFAULT_PAGE = 20
MAX_PAGE = 100
MAX_CURSOR_LENGTH = 10_000
# The condition of a cursor nests one level per sort column, and databases limit the nesting.
MAX_ORDER = 10
# Annotations of the rows of a page, and the attributes of PageInfo that they decide.
ROWS_BEFORE, ROWS_AFTER = "_rows_before", "_rows_after"
PAGE_INFO = {ROWS_BEFORE: "has_previous_page", ROWS_AFTER: "has_next_page"}


@strawberry.type(name="CursorConnection", description="One page of a list.")
class CursorConnection(DjangoCursorConnection[relay.NodeType]):
    edges: list[DjangoCursorEdge[relay.NodeType]] = strawberry.field(
        description="The nodes of this page, each with its cursor."
    )

    @classmethod
    def resolve_connection(
        cls,
        nodes: NodeIterableType[relay.NodeType],
        *,
        info: strawberry.Info,
        before: str | None = None,
        after: str | None = None,
        first: int | None = None,
        last: int | None = None,
        max_results: int | None = None,
        **kwargs: Any,
    ) -> Any:
        """Return one page of ``nodes``: 20 rows by default, at most 100.

        Raises CodedError (BAD_USER_INPUT) if ``first`` or ``last`` is out of range, or if a
        cursor does not belong to this list.
        """
        if not isinstance(nodes, QuerySet):
            raise TypeError("A connection needs a QuerySet.")
        _check_arguments(nodes, before, after, first, last)
        if first is None and last is None:
            first = DEFAULT_PAGE
        beyond = _rows_beyond(nodes, info, before, after)
        found = {name: _exists(rows, info) for name, rows in beyond.items()}
        page: Any = super().resolve_connection(
            _narrowed(nodes, info, before, after, first, last).annotate(**found),
            info=info,
            before=before,
            after=after,
            first=first,
            last=last,
            max_results=max_results,
            **kwargs,
        )
        page.total_count_qs = nodes
        rows = [edge.node for edge in page.edges]
        _complete_page_info(page.page_info, rows, beyond)
        attach_batch(rows)
        info.context.access_tracker.record_page(rows, info._raw_info)  # noqa: SLF001 - Strawberry has no public way to it
        info.context.charge_progress()
        return page


def check_bounds(**bounds: int | None) -> None:
    """Raise CodedError (BAD_USER_INPUT) unless each argument is None or between 0 and 100."""
    for name, bound in bounds.items():
        if bound is not None and not 0 <= bound <= MAX_PAGE:
            raise CodedError(
                ErrorCode.BAD_USER_INPUT, f"`{name}` must be between 0 and {MAX_PAGE}."
            )


def _rows_beyond(
    nodes: QuerySet[Any], info: strawberry.Info, before: str | None, after: str | None
) -> dict[str, QuerySet[Any]]:
    """Return the rows up to ``after`` and those from ``before``, each if the client needs them.

    The library sees neither: it reads one row more than the page on the side of ``first`` or
    ``last`` only. The keys are those of ``PAGE_INFO``.
    """
    cursors = {ROWS_BEFORE: after, ROWS_AFTER: before}
    beyond = {}
    for name, cursor in cursors.items():
        if cursor is not None and is_selected(info, to_camel_case(PAGE_INFO[name])):
            rows, order, _ = annotate_ordering_fields(nodes)
            beside = _beside(order, cursor, is_before=name == ROWS_BEFORE)
            beyond[name] = rows.filter(_at(order, cursor) | beside)
    return beyond


def _complete_page_info(page_info: Any, rows: list[Any], beyond: dict[str, QuerySet[Any]]) -> None:
    """Set the attributes of ``page_info`` for which there are rows beyond a cursor."""
    for name, rows_beyond in beyond.items():
        # An empty page has no row with the annotation.
        if getattr(rows[0], name) if rows else rows_beyond.exists():
            setattr(page_info, PAGE_INFO[name], True)


def is_selected(info: strawberry.Info, field: str) -> bool:
    """Whether a field with this name is anywhere in the selection of the current field."""
    pending: list[Selection] = [*info.selected_fields]
    while pending:
        selection = pending.pop()
        if isinstance(selection, SelectedField) and selection.name == field:
            return True
        pending.extend(selection.selections)
    return False


def _at(order: list[OrderingDescriptor], cursor: str) -> Q:
    """Return the condition of the row that the cursor identifies."""
    values = OrderedCollectionCursor.from_cursor(cursor, order).field_values
    return reduce(and_, map(OrderingDescriptor.get_eq, order, values))


def _beside(order: list[OrderingDescriptor], cursor: str, *, is_before: bool) -> Q:
    """Return the condition of the rows before or after the cursor, without its own."""
    values = OrderedCollectionCursor.from_cursor(cursor, order).field_values
    return build_tuple_compare(order, values, is_before)


def _exists(rows: QuerySet[Any], info: strawberry.Info) -> ExpressionWrapper[Any]:
    """Return the expression that is true if there are ``rows``."""
    parts = rows.by_role(info.context.user) if _has_both_roles(rows, info) else (rows,)
    condition = reduce(or_, (Q(Exists(part)) for part in parts))
    return ExpressionWrapper(condition, output_field=BooleanField())


def _has_both_roles(nodes: QuerySet[Any], info: strawberry.Info) -> TypeIs[AppointmentQuerySet]:
    """Whether these are appointments of a user on both sides, see ``by_role()``."""
    if not isinstance(nodes, AppointmentQuerySet):
        return False
    user: User = info.context.user
    return (
        user.acts_as(Role.DOCTOR)
        and user.acts_as(Role.PATIENT)
        and not can_act_as_staff(user, VIEW_APPOINTMENT)
    )


def _narrowed(
    nodes: QuerySet[Any],
    info: strawberry.Info,
    before: str | None,
    after: str | None,
    first: int | None,
    last: int | None,
) -> QuerySet[Any]:
    """Return ``nodes``, narrowed to candidates for the page if it lists a user's appointments.

    Only for users who are doctor and patient. Not with both ``first`` and ``last``: the library
    then numbers the rows of the whole list.
    """
    limit = first if last is None else last if first is None else None
    if limit is None or not _has_both_roles(nodes, info):
        return nodes
    rows, order, _ = annotate_ordering_fields(nodes)
    for cursor, is_before in ((after, False), (before, True)):
        if cursor is not None:
            rows = rows.filter(_beside(order, cursor, is_before=is_before))
    if last is not None:
        rows = rows.reverse()
    # One more than the page: the library reads it to find out whether there is another page.
    first_pks = (
        rows_of_role.values_list("pk", flat=True)[: limit + 1]
        for rows_of_role in cast("AppointmentQuerySet", rows).by_role(info.context.user)
    )
    return nodes.filter(pk__in=[*chain.from_iterable(first_pks)])


def _check_arguments(
    nodes: QuerySet[Any],
    before: str | None,
    after: str | None,
    first: int | None,
    last: int | None,
) -> None:
    check_bounds(first=first, last=last)
    if len(nodes.query.order_by) > MAX_ORDER:
        message = f"`ordering` accepts at most {MAX_ORDER} fields."
        raise CodedError(ErrorCode.BAD_USER_INPUT, message)
    sent = [cursor for cursor in (before, after) if cursor is not None]
    if not sent:
        return
    _, order, _ = annotate_ordering_fields(nodes)
    if any(cursor_values(order, cursor) is None for cursor in sent):
        raise CodedError(ErrorCode.BAD_USER_INPUT, "This cursor is malformed.")


def cursor_values(order: list[OrderingDescriptor], cursor: str) -> list[Any] | None:
    """Return the value of a cursor for each column of ``order``; None if it is malformed."""
    if len(cursor) > MAX_CURSOR_LENGTH:
        return None
    try:
        values = OrderedCollectionCursor.from_cursor(cursor, order).field_values
    except (ValueError, RecursionError):
        return None
    return values if all(map(_fits, order, values)) else None


def _fits(column: OrderingDescriptor, value: object) -> bool:
    expression: Any = column.order_by.expression
    match value:
        case None:
            return bool(column.maybe_null)
        case str():
            return is_storable(value)
        case 0 if isinstance(expression.output_field, AutoField):
            return False  # no row has this key, and MariaDB's backend rejects it with ValueError
        case int():
            return -(2**63) <= value < 2**63
        case _:
            return True
