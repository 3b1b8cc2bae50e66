"""Record the objects of audited types in a response, and whether the caller can read the record.

graphql-core calls the type's ``is_type_of`` for every object of a response, whichever field
returned it; a plan calls the function that ``recorder_of()`` returns. Both record the object in
the operation's access tracker, and determine whether the caller can read more of the record than
the patient's name.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

from graphql import FieldNode, GraphQLObjectType, GraphQLResolveInfo, GraphQLSchema

from clinic.models import Appointment, Patient
from schema.core import record_access
from schema.core.access_tracker import SelectionSource, leaf_coordinates
from schema.core.context import Context
from schema.core.record_access import RECORD_FIELDS

# User: only its changes are recorded, because only the account's owner can read it.
AUDITED_TYPES = ("Appointment", "Patient", "Person", "User")
# The key in the extensions of a type that holds the library's ``is_type_of``.
TYPE_CHECK_KEY = "cybermed-type-check"
NOTHING: frozenset[str] = frozenset()

IsTypeOf = Callable[[Any, GraphQLResolveInfo], Any]
Record = Callable[[Any, Context], None]


def track_audited_types(core: GraphQLSchema) -> None:
    """Record every object of an audited type in a response. Replaces ``is_type_of`` in place."""
    for name in AUDITED_TYPES:
        type_ = core.type_map.get(name)
        if isinstance(type_, GraphQLObjectType) and type_.is_type_of:
            type_.extensions[TYPE_CHECK_KEY] = type_.is_type_of
            type_.is_type_of = _tracking(type_, type_.is_type_of)


def type_check_of(type_: GraphQLObjectType) -> IsTypeOf | None:
    """Return the type's ``is_type_of``, without the recording."""
    check: IsTypeOf | None = type_.extensions.get(TYPE_CHECK_KEY, type_.is_type_of)
    return check


def recorder_of(
    type_: GraphQLObjectType, nodes: list[FieldNode], source: SelectionSource, *, at_root: bool
) -> Record | None:
    """Return a function that records an object which a query returns; None if nothing is audited.

    ``nodes`` select the object; ``at_root``: in a field of the root type.
    """
    audited = audited_selection(type_, nodes, source)
    if audited is None:
        return None
    needs_access = audited.needs_access

    def record(value: Any, context: Context) -> None:
        is_hidden = _is_record_hidden(value, context, needs_access=needs_access)
        shown = audited.shown(is_hidden=is_hidden)
        if shown is not None:
            context.access_tracker.record_read(value, shown, at_root=at_root)

    return record


class AuditedSelection(NamedTuple):
    """The coordinates that are selected on an object which a query returns.

    ``readable`` are those of them that a caller without access to the record gets.
    """

    coordinates: frozenset[str]
    readable: frozenset[str]

    @property
    def needs_access(self) -> bool:
        """Whether a selected field depends on the caller's access to the record."""
        return self.coordinates != self.readable

    def shown(self, *, is_hidden: bool) -> frozenset[str] | None:
        """Return what an object discloses; None if it discloses nothing of the record."""
        shown = self.readable if is_hidden else self.coordinates
        # An object of which only ``__typename`` is selected discloses that it exists.
        return shown if shown or not self.coordinates else None


def audited_selection(
    type_: GraphQLObjectType, nodes: list[FieldNode], source: SelectionSource
) -> AuditedSelection | None:
    """Return what the nodes select on an object; None if its type is not audited in queries."""
    if type_.name not in AUDITED_TYPES or type_.name == "User":
        return None
    coordinates = frozenset(leaf_coordinates(type_, nodes, source, type_.name))
    return AuditedSelection(coordinates, coordinates - RECORD_FIELDS)


def _tracking(type_: GraphQLObjectType, is_type_of: IsTypeOf) -> IsTypeOf:
    def record(value: Any, info: GraphQLResolveInfo) -> Any:
        matches = is_type_of(value, info)
        if matches and isinstance(info.context, Context):
            tracker = info.context.access_tracker
            needs_access = tracker.selects(type_, info, RECORD_FIELDS)
            is_hidden = _is_record_hidden(value, info.context, needs_access=needs_access)
            hidden = RECORD_FIELDS if is_hidden else NOTHING
            tracker.record_object(value, type_, info, hidden=hidden)
        return matches

    return record


def _is_record_hidden(value: Any, context: Context, *, needs_access: bool) -> bool:
    """Return whether the caller cannot read the record that ``value`` belongs to.

    ``needs_access``: a selected field depends on it, so it must be determined.
    """
    if not isinstance(value, Appointment | Patient):
        return False
    if needs_access:
        record_access.prepare(value, context)
    record_access.share(value)
    return value.record_readable is False
