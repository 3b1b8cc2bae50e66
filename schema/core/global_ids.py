"""Global ids, taken apart."""

from typing import TypeVar

from django.db.models import Model
from strawberry.relay import GlobalID

from users.querysets import QuerySet

Row = TypeVar("Row", bound=Model)

MAX_BIG_INTEGER = 2**63 - 1


def global_id_to_pk(global_id: GlobalID, *, of: type) -> int | None:
    """The primary key within ``global_id``, if it names an ``of``: a model or its Node type.

    None for a well-formed id that cannot be one of ours: another type's, or a
    key that the database could not hold. (A malformed id never gets this far:
    reading the argument refuses it with BAD_USER_INPUT.)
    """
    # A Node type has the name of its model.
    if global_id.type_name != of.__name__:
        return None
    node_id = global_id.node_id
    if not (node_id.isascii() and node_id.isdigit() and len(node_id) < 20):
        return None
    pk = int(node_id)
    # "7" and "007" would otherwise be two names for one object.
    return pk if str(pk) == node_id and pk <= MAX_BIG_INTEGER else None


def get_by_global_id(rows: QuerySet[Row], global_id: GlobalID) -> Row | None:
    """The one of ``rows`` that ``global_id`` names, if there is one."""
    pk = global_id_to_pk(global_id, of=rows.model)
    return None if pk is None else rows.filter(pk=pk).get_or_none()
