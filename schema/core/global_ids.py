"""Global IDs: decode them and load the rows they identify."""

from typing import TypeVar

from django.db.models import Model
from strawberry.relay import GlobalID

from users.querysets import QuerySet

Row = TypeVar("Row", bound=Model)

MAX_BIG_INTEGER = 2**63 - 1


def global_id_to_pk(global_id: GlobalID, *, of: type) -> int | None:
    """Return the primary key in ``global_id`` if its type is ``of``, a model or its Node type.

    Returns None for an ID of another type, and for a key that no row can have. (Malformed
    IDs are rejected with BAD_USER_INPUT when the argument is parsed.)
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


def get_by_global_id(rows: QuerySet[Row], global_id: GlobalID) -> Row | None:
    """Return the row of ``rows`` that ``global_id`` identifies, or None."""
    pk = global_id_to_pk(global_id, of=rows.model)
    return None if pk is None else rows.filter(pk=pk).get_or_none()
