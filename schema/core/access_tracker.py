"""Whose records an operation has shown or changed so far."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from django.db.models import Model
from graphql import (
    FieldNode,
    GraphQLInputObjectType,
    GraphQLObjectType,
    GraphQLResolveInfo,
    OperationType,
    get_named_type,
)
from graphql.execution.collect_fields import collect_sub_fields
from graphql.execution.values import get_argument_values

from clinic.models import Appointment, Patient
from users.models import User

# What is told of a record as a part of it; other objects in it are noted for themselves.
PARTS = frozenset({"AppointmentChange", "Person"})
CURSORS = frozenset({"cursor", "startCursor", "endCursor"})


class RecordKey(NamedTuple):
    """A patient; or a visit, or an account, whose patient was not loaded with it."""

    model: type[Model]
    pk: int


@dataclass
class PatientAccess:
    """What was shown of one patient's record, and whether it was changed."""

    coordinates: set[str] = field(default_factory=set)
    changed: bool = False


class AccessTracker:
    """Notes schema coordinates, such as ``Patient.dateOfBirth``.

    Not aliases, which are a client's own words and could say anything.
    """

    def __init__(self) -> None:
        self._noted: dict[RecordKey, set[str]] = defaultdict(set)
        self._changed: set[RecordKey] = set()
        self._coordinates: dict[tuple[int, ...], set[str]] = {}

    def __bool__(self) -> bool:
        return bool(self._noted)

    def record_object(self, value: Any, type_: GraphQLObjectType, info: GraphQLResolveInfo) -> None:
        """Note that ``value``, of an audited type, comes into the answer."""
        at_root = info.path.prev is None
        is_change = at_root and info.operation.operation is OperationType.MUTATION
        key = _record_key(value, at_root=at_root)
        if key is None or (type_.name == "User" and not is_change):
            return
        self._noted[key] |= self._coordinates_of(type_, info, is_change=is_change)
        if is_change:
            self._changed.add(key)

    def record_page(self, rows: Sequence[Model], info: GraphQLResolveInfo) -> None:
        """Note of whom the cursors of a list tell, for they hold what it is sorted by."""
        if not rows or _record_key(rows[0], at_root=False) is None:
            return
        cursors, has_edges = _requested_cursors(info)
        if not has_edges:
            first = rows[:1] if "PageInfo.startCursor" in cursors else []
            rows = [*first, *(rows[-1:] if "PageInfo.endCursor" in cursors else [])]
        for row in rows if cursors else ():
            if key := _record_key(row, at_root=False):
                self._noted[key] |= cursors

    @property
    def has_changes(self) -> bool:
        return bool(self._changed)

    def accesses_by_patient(self) -> dict[int, PatientAccess]:
        """What was noted, by the patient's id. Takes no query if patients were loaded."""
        touched: dict[int, PatientAccess] = defaultdict(PatientAccess)
        owners = self._owners()
        for key, coordinates in self._noted.items():
            if key in owners:
                touch = touched[owners[key]]
                touch.coordinates |= coordinates
                touch.changed |= key in self._changed
        return touched

    def _owners(self) -> dict[RecordKey, int]:
        owners = {key: key.pk for key in self._noted if key.model is Patient}
        visits = [key.pk for key in self._noted if key.model is Appointment]
        accounts = [key.pk for key in self._noted if key.model is User]
        if visits:
            found = Appointment.objects.filter(pk__in=visits).values_list("pk", "patient")
            owners |= {RecordKey(Appointment, pk): patient for pk, patient in found}
        if accounts:
            people = Patient.objects.filter(user__in=accounts).values_list("user", "pk")
            owners |= {RecordKey(User, pk): patient for pk, patient in people}
        return owners

    def _coordinates_of(
        self, type_: GraphQLObjectType, info: GraphQLResolveInfo, *, is_change: bool
    ) -> set[str]:
        # The fields asked of one object of a list are those asked of the next.
        place = tuple(map(id, info.field_nodes))
        if place not in self._coordinates:
            shown = _leaf_coordinates(type_, info.field_nodes, info, type_.name)
            self._coordinates[place] = {*shown, *(_mutation_coordinates(info) if is_change else ())}
        return self._coordinates[place]


def _record_key(value: Any, *, at_root: bool) -> RecordKey | None:
    match value:
        case Patient():
            return RecordKey(Patient, value.pk)
        case Appointment():
            patient = vars(value).get("patient_id")
            return RecordKey(Patient, patient) if patient else RecordKey(Appointment, value.pk)
        case User() if at_root:
            return RecordKey(User, value.pk)
    return None  # a part of a record noted already, or a doctor's public face


def _mutation_coordinates(info: GraphQLResolveInfo) -> Iterator[str]:
    """The mutation, and what it was given to write, without the values."""
    type_, name = info.parent_type, info.field_name
    yield f"{type_.name}.{name}"
    field = type_.fields[name]
    given = get_argument_values(field, info.field_nodes[0], info.variable_values)
    for argument, definition in field.args.items():
        key, inside = definition.out_name or argument, get_named_type(definition.type)
        if key in given and isinstance(inside, GraphQLInputObjectType):
            yield from _input_coordinates(inside, given[key])
        elif key in given:
            yield f"{type_.name}.{name}({argument}:)"


def _input_coordinates(type_: GraphQLInputObjectType, value: Mapping[str, Any]) -> Iterator[str]:
    for name, definition in type_.fields.items():
        key, inside = definition.out_name or name, get_named_type(definition.type)
        if key not in value or value[key] == definition.default_value:
            continue  # graphql-core gives what was left out its default
        below = value[key]
        if below is not None and isinstance(inside, GraphQLInputObjectType):
            for each in below if isinstance(below, list) else [below]:
                yield from _input_coordinates(inside, each)
        else:
            yield f"{type_.name}.{name}"


def _requested_cursors(info: GraphQLResolveInfo) -> tuple[set[str], bool]:
    """Which cursors are asked of a connection, and whether its edges are."""
    connection = get_named_type(info.return_type)
    assert isinstance(connection, GraphQLObjectType)  # noqa: S101 - for the type checker
    names, has_edges = set(), False
    for below in _selected_fields(connection, info.field_nodes, info):
        part = get_named_type(connection.fields[below[0].name.value].type)
        if isinstance(part, GraphQLObjectType):
            has_edges |= below[0].name.value == "edges"
            asked = {nodes[0].name.value for nodes in _selected_fields(part, below, info)}
            names |= {f"{part.name}.{name}" for name in asked & CURSORS}
    return names, has_edges


def _selected_fields(
    type_: GraphQLObjectType, nodes: list[FieldNode], info: GraphQLResolveInfo
) -> list[list[FieldNode]]:
    """The fields asked of an object, each with the nodes that ask for it."""
    selected = collect_sub_fields(
        info.schema, info.fragments, info.variable_values, type_, nodes
    ).values()
    return [below for below in selected if below[0].name.value != "__typename"]


def _leaf_coordinates(
    type_: GraphQLObjectType, nodes: list[FieldNode], info: GraphQLResolveInfo, prefix: str
) -> Iterable[str]:
    for below in _selected_fields(type_, nodes, info):
        name = below[0].name.value
        inside = get_named_type(type_.fields[name].type)
        if not isinstance(inside, GraphQLObjectType):
            yield f"{prefix}.{name}"
        elif inside.name in PARTS:
            yield from _leaf_coordinates(inside, below, info, f"{prefix}.{name}")
