"""Pages that are completed from the columns of their rows, without instances.

Making the instances of a page, and reading each field of each of them, takes several times as long
as completing one column after the other. If a value cannot be completed, or a field needs more than
columns, the page is completed from instances, which reports each error at its place.
"""

from collections.abc import Iterator, Sequence
from typing import Any, Protocol

from graphql import (
    FieldNode,
    GraphQLError,
    GraphQLObjectType,
    get_named_type,
    is_leaf_type,
    is_non_null_type,
)
from strawberry_django.utils.typing import get_django_definition

from clinic.models import Appointment, Patient
from schema.core.access_tracker import SelectionSource
from schema.core.audited_types import AuditedSelection, audited_selection
from schema.core.context import Context
from schema.core.prepared_pages import CompleteEdges, EdgesByColumns, Row
from schema.core.record_access import RECORD_READABLE, readable_by
from schema.execution.fields import Field
from schema.execution.readers import DEFINITION, ColumnOf, Reader
from schema.execution.run import Run
from schema.execution.values import Completed, UnusualValue, leaf_reader
from users.common.prepared_queries import Columns

# For each row, whether the caller has no access to the record that it belongs to.
Hidden = Sequence[bool]


class NeedsInstances(Exception):
    """A selected field needs more than the columns of the rows."""


class Source(SelectionSource, Protocol):
    """What a planner knows about the selections of its operation."""

    def selected_fields(self, type_: GraphQLObjectType, nodes: list[FieldNode]) -> list[Field]: ...
    def reader(self, field: Field) -> Reader | None: ...


class Part(Protocol):
    """A selected field of an object, for all rows of a list."""

    def complete(self, rows: list[Row], hidden: Hidden) -> list[Any]:
        """Return the completed value for each row. Raises any exception if there is none."""

    def count(self, rows: list[Row]) -> int:
        """Return the number of the objects' fields, and of the objects, in these values."""


def edges_by_columns(
    source: Source, connection: GraphQLObjectType, nodes: list[FieldNode]
) -> EdgesByColumns:
    """Return what completes the edges of a connection, which ``nodes`` select."""

    def of_columns(columns: Columns) -> CompleteEdges | None:
        try:
            return _Edges(source, connection, nodes, columns).complete
        except (NeedsInstances, GraphQLError):
            return None  # an invalid condition of ``@skip`` is an error of the object

    return of_columns


class _Constant:
    def __init__(self, value: str) -> None:
        self._value = value

    def complete(self, rows: list[Row], _hidden: Hidden) -> list[Any]:
        return [self._value] * len(rows)

    def count(self, _rows: list[Row]) -> int:
        return 0


class _Leaf:
    """A scalar or an enum. Equal values of a column are completed once."""

    def __init__(self, type_: Any, column: ColumnOf, columns: Columns) -> None:
        is_required = is_non_null_type(type_)
        serialize = get_named_type(type_).serialize
        self._index = _index(columns, column.name)
        self._complete_value = leaf_reader(_same, serialize, is_required=is_required)
        self._complete = column.complete or self._complete_value
        self._hidden = column.hidden

    def complete(self, rows: list[Row], hidden: Hidden) -> list[Any]:
        index, complete = self._index, self._complete
        values = [row[index] for row in rows]
        completed = {value: complete(value) for value in set(values)}
        result = [completed[value] for value in values]
        if self._hidden and any(hidden):
            instead = self._complete_value(self._hidden.hidden)
            result = [instead if no else value for value, no in zip(result, hidden, strict=True)]
        return result

    def count(self, _rows: list[Row]) -> int:
        return 0


class _Objects:
    """Objects of one type: those that the rows are, or related ones."""

    def __init__(
        self, source: Source, type_: GraphQLObjectType, nodes: list[FieldNode], columns: Columns
    ) -> None:
        self._columns, self.audited = columns, list[tuple[int, AuditedSelection]]()
        definition = type_.extensions.get(DEFINITION)
        model = definition and get_django_definition(definition.origin)
        if not model or model.model is not columns.model:
            raise NeedsInstances
        if audited := audited_selection(type_, nodes, source):
            self._audit(audited)
        fields = source.selected_fields(type_, nodes)
        self._keys = [field.key for field in fields]
        self._parts = [self._part(source, field) for field in fields]

    def complete(self, rows: list[Row], hidden: Hidden) -> list[Any]:
        values = [part.complete(rows, hidden) for part in self._parts]
        return _dictionaries(self._keys, values, len(rows))

    def count(self, rows: list[Row]) -> int:
        own = (len(self._keys) + 1) * len(rows)
        return own + sum(part.count(rows) for part in self._parts)

    def _audit(self, audited: AuditedSelection) -> None:
        """Remember in which column the patient is whose record the objects belong to."""
        if self._columns.model is Patient:
            self.audited.append((_index(self._columns, "id"), audited))
        elif self._columns.model is Appointment:
            self.audited.append((_index(self._columns, "patient_id"), audited))

    def _part(self, source: Source, field: Field) -> Part:
        if field.name == "__typename":
            return _Constant(field.parent_type.name)
        reader = source.reader(field)
        type_: Any = field.definition.type
        if reader and reader.column and is_leaf_type(_nullable(type_)):
            return _Leaf(type_, reader.column, self._columns)
        columns = self._columns.related.get(reader.foreign_key or "") if reader else None
        nullable = _nullable(type_)
        if columns is None or not isinstance(nullable, GraphQLObjectType):
            raise NeedsInstances
        related = _Objects(source, nullable, field.nodes, columns)
        self.audited += related.audited
        return _Related(related, columns, is_required=is_non_null_type(type_))


class _Related:
    """The related objects of a foreign key. Each is completed once, and NULL is null."""

    def __init__(self, objects: _Objects, columns: Columns, *, is_required: bool) -> None:
        self._objects, self._is_required = objects, is_required
        self._key = _index(columns, columns.model._meta.pk.attname)  # noqa: SLF001 - Django's public name

    def complete(self, rows: list[Row], hidden: Hidden) -> list[Any]:
        index = self._key
        keys = [(row[index], is_hidden) for row, is_hidden in _with(rows, hidden)]
        found = {key: row for key, row in zip(keys, rows, strict=True) if key[0] is not None}
        if self._is_required and None in {key for key, _ in keys}:
            raise UnusualValue
        objects = self._objects.complete([*found.values()], [is_hidden for _, is_hidden in found])
        completed = dict(zip(found, objects, strict=True))
        return [completed.get(key) for key in keys]

    def count(self, rows: list[Row]) -> int:
        return self._objects.count([row for row in rows if row[self._key] is not None])


class _Edges:
    """The edges of a connection whose rows have these columns."""

    def __init__(
        self,
        source: Source,
        connection: GraphQLObjectType,
        nodes: list[FieldNode],
        columns: Columns,
    ) -> None:
        fields = source.selected_fields(connection, nodes)
        edges = [field for field in fields if field.name == "edges"]
        if len(edges) != 1:
            raise NeedsInstances
        self._beside = len(fields) + 1 + sum(_size_beside(source, field) for field in fields)
        type_ = get_named_type(edges[0].definition.type)
        assert isinstance(type_, GraphQLObjectType)  # noqa: S101 - for the type checker
        self._parts = dict[str, Part]()
        self._audited = list[tuple[int, AuditedSelection]]()
        for field in source.selected_fields(type_, edges[0].nodes):
            self._parts[field.key] = self._part(source, field, columns)
        needs_access = any(audited.needs_access for _, audited in self._audited)
        is_audited = self._audited or columns.model is Appointment
        self._patient = _index(columns, "patient_id") if is_audited else None
        self._readable = _index(columns, RECORD_READABLE) if needs_access else None

    def _part(self, source: Source, field: Field, columns: Columns) -> Part:
        if field.name == "__typename":
            return _Constant(field.parent_type.name)
        if field.name != "node":
            raise NeedsInstances
        type_ = get_named_type(field.definition.type)
        assert isinstance(type_, GraphQLObjectType)  # noqa: S101 - for the type checker
        node = _Objects(source, type_, field.nodes, columns)
        self._audited += node.audited
        return node

    def complete(
        self, run: Run, context: Context, rows: list[Row], cursors: frozenset[str]
    ) -> list[Any] | None:
        """Return the completed edges; None if they must be completed from instances.

        ``cursors`` are the coordinates of the selected cursors.
        """
        try:
            hidden = self._hidden(rows, context)
            values = [part.complete(rows, hidden) for part in self._parts.values()]
            edges = Completed(_dictionaries([*self._parts], values, len(rows)))
        except Exception:  # noqa: BLE001 - completed again, which reports the error
            return None
        own = (len(self._parts) + 1) * len(rows)
        size = own + sum(part.count(rows) for part in self._parts.values())
        # The error of a response that is too large is at the field that exceeds the limit.
        if not run.has_room_for(size + self._beside):
            return None
        run.count_fields(size)
        self._record(context, rows, hidden, cursors)
        return edges

    def _hidden(self, rows: list[Row], context: Context) -> list[bool]:
        """Return for each row whether the caller has no access to the record.

        The annotation is true for rows to whose records the caller has access, else NULL.
        """
        known, patient = self._readable, self._patient
        if known is None or patient is None:
            return [False] * len(rows)
        unknown = {row[patient] for row in rows if row[known] is None}
        readable = readable_by(context.user, unknown)
        return [row[known] is None and row[patient] not in readable for row in rows]

    def _record(
        self, context: Context, rows: list[Row], hidden: Hidden, cursors: frozenset[str]
    ) -> None:
        """Record the patients whose records are in the page, for the audit log."""
        tracker = context.access_tracker
        for index, audited in self._audited:
            # In the order of the page, as its instances are recorded.
            for is_hidden in dict.fromkeys(hidden):
                shown = audited.shown(is_hidden=is_hidden)
                if shown is not None:
                    found = [row[index] for row, no in _with(rows, hidden) if no is is_hidden]
                    tracker.record_patients(dict.fromkeys(found), shown)
        if cursors and self._patient is not None:
            tracker.record_patients(dict.fromkeys(row[self._patient] for row in rows), cursors)


def _dictionaries(keys: list[str], values: list[list[Any]], count: int) -> list[dict[str, Any]]:
    """Return dictionaries, as many as ``count``. ``values`` has a list of values for each key.

    All fields can be skipped by ``@skip`` and ``@include``: then there is none.
    """
    if not values:
        return [{} for _ in range(count)]
    return [dict(zip(keys, each, strict=True)) for each in zip(*values, strict=True)]


def _size_beside(source: Source, field: Field) -> int:
    """Return how many fields an object beside the edges has, with the object itself."""
    type_ = get_named_type(field.definition.type)
    if field.name == "edges" or not isinstance(type_, GraphQLObjectType):
        return 0
    return len(source.selected_fields(type_, field.nodes)) + 1


def _index(columns: Columns, name: str) -> int:
    try:
        return columns.indexes[name]
    except KeyError:
        raise NeedsInstances from None


def _nullable(type_: Any) -> Any:
    return type_.of_type if is_non_null_type(type_) else type_


def _same(value: Any) -> Any:
    return value


def _with(rows: list[Row], hidden: Hidden) -> Iterator[tuple[Row, bool]]:
    return zip(rows, hidden, strict=True)
