"""Track the patients whose records an operation returns or changes, for the audit log."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

from django.db.models import Model
from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    GraphQLInputObjectType,
    GraphQLObjectType,
    GraphQLResolveInfo,
    GraphQLSchema,
    OperationType,
    get_named_type,
)
from graphql.execution.collect_fields import collect_sub_fields
from graphql.execution.values import get_argument_values

from clinic.errors import SlotUnavailable, SlotUnavailableCode
from clinic.models import AccessAction, Appointment, Patient
from clinic.privacy.audit import Access
from users.models import User

# Types recorded as a part of the record that contains them. Other nested objects are
# recorded separately.
PARTS = frozenset({"AppointmentChange", "AppointmentType", "Guardian", "Person"})
CURSORS = frozenset({"cursor", "startCursor", "endCursor"})


class SelectionSource(Protocol):
    """What decides which fields are selected: the info of a field has it, and so has a plan."""

    @property
    def schema(self) -> GraphQLSchema: ...
    @property
    def fragments(self) -> dict[str, FragmentDefinitionNode]: ...
    @property
    def variable_values(self) -> dict[str, Any]: ...


class RecordKey(NamedTuple):
    """An appointment or user account whose patient was not loaded with it."""

    model: type[Model]
    pk: int


# The primary key of a patient, or what the patient is not loaded with.
Key = int | RecordKey
Coordinates = frozenset[str]


class RequestedCursors(NamedTuple):
    """The coordinates of the cursors selected in a connection, and its own selected fields."""

    coordinates: Coordinates
    selected: set[str]


class AccessTracker:
    """Collects schema coordinates, such as ``Patient.dateOfBirth``, for each record.

    Coordinates instead of response keys: an alias is free text chosen by the client.
    """

    def __init__(self) -> None:
        self._recorded: dict[Key, Coordinates] = {}
        self._changed: set[Key] = set()
        # By the ids of the field's nodes: all objects of a list have the same coordinates.
        self._coordinates: dict[tuple[int, ...], Coordinates] = {}
        # The rows of a page have the same ones, so that they are combined once, not for each.
        self._unions: dict[tuple[Coordinates, Coordinates], Coordinates] = {}

    def __bool__(self) -> bool:
        return bool(self._recorded)

    def record_object(
        self,
        value: Any,
        type_: GraphQLObjectType,
        info: GraphQLResolveInfo,
        *,
        hidden: Coordinates = frozenset(),
    ) -> None:
        """Record that ``value``, an object of an audited type, is part of the response.

        ``hidden``: coordinates that are empty in the response, because the caller has no access.
        """
        is_change = _is_change(info)
        key = _record_key(value, at_root=info.path.prev is None)
        if key is None or (type_.name == "User" and not is_change):
            return
        coordinates = self._coordinates_of(type_, info)
        if not is_change and coordinates and coordinates <= hidden:
            return  # nothing of the record was returned
        self._add(key, coordinates - hidden)
        if is_change:
            self._changed.add(key)

    def record_read(self, value: Any, coordinates: Coordinates, *, at_root: bool) -> None:
        """Record that coordinates of ``value`` are part of the response to a query.

        ``at_root``: whether a field of the root type returned it.
        """
        if (key := _record_key(value, at_root=at_root)) is not None:
            self._add(key, coordinates)

    def record_patients(self, patient_pks: Iterable[int], coordinates: Coordinates) -> None:
        """Record that coordinates of patients' records are part of the response to a query."""
        for pk in patient_pks:
            self._add(pk, coordinates)

    def selects(
        self, type_: GraphQLObjectType, info: GraphQLResolveInfo, coordinates: Coordinates
    ) -> bool:
        """Return whether one of the coordinates is selected on an object of the type."""
        return not coordinates.isdisjoint(self._coordinates_of(type_, info))

    def record_slots(self, patient_pk: int, coordinate: str) -> None:
        """Record that the response has slots that depend on the patient's other appointments."""
        self._add(patient_pk, frozenset({coordinate}))

    def record_named(self, patient_pk: int, *coordinates: str) -> None:
        """Record that a message of the response names the patient."""
        self._add(patient_pk, frozenset(coordinates))

    def record_export(self, patient_pk: int) -> None:
        """Record that the response has the whole record of a patient, in a data export."""
        self._add(patient_pk, frozenset({"Query.exportMyData"}))

    def record_unavailable(self, error: SlotUnavailable, info: GraphQLResolveInfo) -> None:
        """Record that the response discloses when the patient has other appointments.

        The code PATIENT_BUSY and the alternatives in ``nextAvailable`` disclose it. SLOT_TAKEN
        depends on the doctor's appointments only, so it alone is not recorded.
        """
        type_ = info.schema.type_map[SlotUnavailable.__name__]
        assert isinstance(type_, GraphQLObjectType)  # noqa: S101 - for the type checker
        names = {nodes[0].name.value for nodes in _selected_fields(type_, info.field_nodes, info)}
        if error.code is SlotUnavailableCode.PATIENT_BUSY or "nextAvailable" in names:
            returned = {f"{type_.name}.{name}" for name in names}
            field = f"{info.parent_type.name}.{info.field_name}"
            self._add(error.patient_id, frozenset({field, *returned}))

    def record_page(self, rows: Sequence[Model], info: GraphQLResolveInfo) -> None:
        """Record the rows whose cursors are returned: a cursor contains the row's sort values."""
        if not rows or _record_key(rows[0], at_root=False) is None:
            return
        connection = get_named_type(info.return_type)
        assert isinstance(connection, GraphQLObjectType)  # noqa: S101 - for the type checker
        self.record_cursors(rows, requested_cursors(connection, info.field_nodes, info))

    def record_cursors(self, rows: Sequence[Model], requested: RequestedCursors) -> None:
        """Record the rows of a page of which these cursors are requested."""
        if "edges" not in requested.selected:
            first = rows[:1] if "PageInfo.startCursor" in requested.coordinates else []
            last = rows[-1:] if "PageInfo.endCursor" in requested.coordinates else []
            rows = [*first, *last]
        for row in rows if requested.coordinates else ():
            if (key := _record_key(row, at_root=False)) is not None:
                self._add(key, requested.coordinates)

    @property
    def has_changes(self) -> bool:
        return bool(self._changed)

    def accesses_by_patient(self) -> dict[int, Access]:
        """Return the recorded accesses by patient pk. Needs no query if patients were loaded."""
        patients = self._patient_pks()
        found: dict[int, Coordinates] = {}
        for key, coordinates in self._recorded.items():
            patient = key if isinstance(key, int) else patients.get(key)
            if patient is not None:
                before = found.get(patient)
                found[patient] = self._union(before, coordinates) if before else coordinates
        changed = {key if isinstance(key, int) else patients.get(key) for key in self._changed}
        return {
            patient: Access(
                AccessAction.CHANGE if patient in changed else AccessAction.READ, coordinates
            )
            for patient, coordinates in found.items()
        }

    def _add(self, key: Key, coordinates: Coordinates) -> None:
        before = self._recorded.get(key)
        self._recorded[key] = self._union(before, coordinates) if before else coordinates

    def _union(self, one: Coordinates, other: Coordinates) -> Coordinates:
        union = self._unions.get((one, other))
        if union is None:
            union = self._unions[one, other] = one | other
        return union

    def _patient_pks(self) -> dict[RecordKey, int]:
        patients: dict[RecordKey, int] = {}
        others = [key for key in self._recorded if not isinstance(key, int)]
        appointments = [key.pk for key in others if key.model is Appointment]
        accounts = [key.pk for key in others if key.model is User]
        if appointments:
            rows = Appointment.objects.filter(pk__in=appointments).values_list("pk", "patient")
            patients |= {RecordKey(Appointment, pk): patient for pk, patient in rows}
        if accounts:
            people = Patient.objects.filter(user__in=accounts).values_list("user", "pk")
            patients |= {RecordKey(User, pk): patient for pk, patient in people}
        return patients

    def _coordinates_of(self, type_: GraphQLObjectType, info: GraphQLResolveInfo) -> Coordinates:
        nodes = tuple(map(id, info.field_nodes))
        if nodes not in self._coordinates:
            returned = leaf_coordinates(type_, info.field_nodes, info, type_.name)
            written = _mutation_coordinates(info) if _is_change(info) else ()
            self._coordinates[nodes] = frozenset({*returned, *written})
        return self._coordinates[nodes]


def _is_change(info: GraphQLResolveInfo) -> bool:
    return info.path.prev is None and info.operation.operation is OperationType.MUTATION


def _record_key(value: Any, *, at_root: bool) -> Key | None:
    match value:
        case Patient():
            return int(value.pk)
        case Appointment():
            # Reading a deferred attribute would make one query per appointment.
            patient = vars(value).get("patient_id")
            return int(patient) if patient else RecordKey(Appointment, value.pk)
        case User() if at_root:
            return RecordKey(User, value.pk)
    return None  # part of a record that is recorded already, or a doctor's public data


def _mutation_coordinates(info: GraphQLResolveInfo) -> Iterator[str]:
    """Yield the coordinates of the mutation and of the inputs it got, without their values."""
    type_, name = info.parent_type, info.field_name
    yield f"{type_.name}.{name}"
    field = type_.fields[name]
    arguments = get_argument_values(field, info.field_nodes[0], info.variable_values)
    for argument, definition in field.args.items():
        key, inside = definition.out_name or argument, get_named_type(definition.type)
        if key in arguments and isinstance(inside, GraphQLInputObjectType):
            yield from _input_coordinates(inside, arguments[key])
        elif key in arguments:
            yield f"{type_.name}.{name}({argument}:)"


def _input_coordinates(type_: GraphQLInputObjectType, value: Mapping[str, Any]) -> Iterator[str]:
    for name, definition in type_.fields.items():
        key, inside = definition.out_name or name, get_named_type(definition.type)
        if key not in value or value[key] == definition.default_value:
            continue  # graphql-core fills in the defaults of omitted fields
        nested = value[key]
        if nested is not None and isinstance(inside, GraphQLInputObjectType):
            for item in nested if isinstance(nested, list) else [nested]:
                yield from _input_coordinates(inside, item)
        else:
            yield f"{type_.name}.{name}"


def requested_cursors(
    connection: GraphQLObjectType, nodes: list[FieldNode], source: SelectionSource
) -> RequestedCursors:
    """Return which cursors the nodes of a connection field select."""
    coordinates, selected = set[str](), set[str]()
    for below in _selected_fields(connection, nodes, source):
        name = below[0].name.value
        selected.add(name)
        part = get_named_type(connection.fields[name].type)
        if isinstance(part, GraphQLObjectType):
            names = {inside[0].name.value for inside in _selected_fields(part, below, source)}
            coordinates |= {f"{part.name}.{name}" for name in names & CURSORS}
    return RequestedCursors(frozenset(coordinates), selected)


def _selected_fields(
    type_: GraphQLObjectType, nodes: list[FieldNode], source: SelectionSource
) -> list[list[FieldNode]]:
    """Return the selected fields of an object: for each, the nodes that select it."""
    selected = collect_sub_fields(
        source.schema, source.fragments, source.variable_values, type_, nodes
    ).values()
    return [below for below in selected if below[0].name.value != "__typename"]


def leaf_coordinates(
    type_: GraphQLObjectType, nodes: list[FieldNode], source: SelectionSource, prefix: str
) -> Iterable[str]:
    """Yield the coordinates of the leaves that are selected on an object and on its parts."""
    for below in _selected_fields(type_, nodes, source):
        name = below[0].name.value
        inside = get_named_type(type_.fields[name].type)
        if not isinstance(inside, GraphQLObjectType):
            yield f"{prefix}.{name}"
        elif inside.name in PARTS:
            yield from leaf_coordinates(inside, below, source, f"{prefix}.{name}")
