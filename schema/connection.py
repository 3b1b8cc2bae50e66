"""Lists of nodes, a page at a time."""

from typing import Any

import strawberry
from strawberry import relay
from strawberry_django.relay import DjangoCursorConnection
from strawberry_django.relay.cursor_connection import DjangoCursorEdge

from schema.errors import CodedError, ErrorCode

DEFAULT_PAGE = 20
MAX_PAGE = 100


@strawberry.type(name="CursorConnection", description="One page of a list.")
class CursorConnection(DjangoCursorConnection[relay.NodeType]):
    edges: list[DjangoCursorEdge[relay.NodeType]] = strawberry.field(
        description="The nodes of this page, each with its cursor."
    )

    @classmethod
    def resolve_connection(
        cls,
        nodes: relay.types.NodeIterableType[relay.NodeType],
        *,
        first: int | None = None,
        last: int | None = None,
        **kwargs: Any,
    ) -> Any:
        """Slice ``nodes``: 20 unless asked otherwise, never more than 100.

        Raises BAD_USER_INPUT on a bound out of range and on a cursor that is
        not one of this list's.
        """
        for name, bound in (("first", first), ("last", last)):
            if bound is not None and not 0 <= bound <= MAX_PAGE:
                raise CodedError(
                    ErrorCode.BAD_USER_INPUT, f"`{name}` must be between 0 and {MAX_PAGE}."
                )
        if first is None and last is None:
            first = DEFAULT_PAGE
        try:
            return super().resolve_connection(nodes, first=first, last=last, **kwargs)
        except ValueError as error:
            raise CodedError(ErrorCode.BAD_USER_INPUT, "This cursor is malformed.") from error
