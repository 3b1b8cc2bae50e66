"""Global ids, taken apart."""

from strawberry.relay import GlobalID
from strawberry.types import get_object_definition

MAX_BIG_INTEGER = 2**63 - 1


def pk_of(global_id: GlobalID, *, of: type) -> int | None:
    """The primary key within ``global_id``, if it names an object of the Node type ``of``.

    None for a well-formed id that cannot be one of ours: another type's, or a
    key that the database could not hold. (A malformed id never gets this far:
    reading the argument refuses it with BAD_USER_INPUT.)
    """
    definition = get_object_definition(of, strict=True)
    if global_id.type_name != definition.name:
        return None
    node_id = global_id.node_id
    if not (node_id.isascii() and node_id.isdigit() and len(node_id) < 20):
        return None
    pk = int(node_id)
    # "7" and "007" would otherwise be two names for one object.
    return pk if str(pk) == node_id and pk <= MAX_BIG_INTEGER else None
