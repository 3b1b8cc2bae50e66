"""Global IDs: decode them and load the rows they identify.

Each object has one ID: clients use IDs as keys of their caches and compare them.
"""

from typing import Any, TypeVar

from django.db.models import Model
from graphql import GraphQLID, GraphQLScalarType, ValueNode
from strawberry.relay import GlobalID, GlobalIDValueError
from strawberry.types.scalar import ScalarDefinition

from clinic.booking.requests import UNKNOWN_ID
from users.querysets import QuerySet

Row = TypeVar("Row", bound=Model)

MAX_BIG_INTEGER = 2**63 - 1
# Strawberry decodes IDs after the scalar, and reports this one as malformed.
MALFORMED = ""


def _canonical_or_malformed(text: str) -> str:
    """Return ``text`` if it is an ID as the server encodes it, else ``MALFORMED``.

    The base64 decoder alone ignores foreign characters, excess padding and unused bits.
    """
    try:
        return text if str(GlobalID.from_id(text)) == text else MALFORMED
    except GlobalIDValueError:
        return MALFORMED


class StrictID(GraphQLScalarType):
    """GraphQL's scalar ``ID``, which accepts global IDs in their canonical form only."""

    # graphql-core forbids the names of its own types otherwise.
    reserved_types = {}

    @staticmethod
    def parse_value(value: object) -> str:
        return _canonical_or_malformed(GraphQLID.parse_value(value))

    def parse_literal(self, node: ValueNode, variables: dict[str, Any] | None = None) -> str:
        return _canonical_or_malformed(GraphQLID.parse_literal(node, variables))


_id = StrictID("ID", description=GraphQLID.description, serialize=GraphQLID.serialize)
ID = ScalarDefinition(
    name=_id.name,
    description=_id.description,
    specified_by_url=None,
    serialize=_id.serialize,
    parse_value=_id.parse_value,
    parse_literal=_id.parse_literal,
    implementation=_id,
)


def global_id_to_pk(global_id: GlobalID, *, of: type) -> int | None:
    """Return the primary key in ``global_id`` if its type is ``of``, a model or its Node type.

    Returns None for an ID of another type, and for a key that no row can have or that is not
    written in decimal without leading zeros. (Malformed IDs are rejected with
    BAD_USER_INPUT when the argument is parsed.)
    """
    # Node types have the names of their models.
    if global_id.type_name != of.__name__:
        return None
    node_id = global_id.node_id
    if not (node_id.isascii() and node_id.isdigit() and len(node_id) < 20):
        return None
    pk = int(node_id)
    # Without the comparison, "7" and "007" would both identify the same object.
    return pk if str(pk) == node_id and pk <= MAX_BIG_INTEGER else None


def optional_pk(global_id: GlobalID | None, *, of: type) -> int | None:
    """Return the primary key in an optional ID: None if unset, ``UNKNOWN_ID`` if of no row."""
    return None if global_id is None else global_id_to_pk(global_id, of=of) or UNKNOWN_ID


def get_by_global_id(rows: QuerySet[Row], global_id: GlobalID) -> Row | None:
    """Return the row of ``rows`` that ``global_id`` identifies, or None."""
    pk = global_id_to_pk(global_id, of=rows.model)
    return None if pk is None else rows.filter(pk=pk).get_or_none()
