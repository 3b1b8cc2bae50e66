"""Plans: the selections of an operation as functions that are made once.

graphql-core finds out for each object of a response which fields are selected, what their types
are and how their values are completed. A plan has one function for each selection, which knows
all that. The functions follow the algorithms of graphql-core's ``execute_fields()``,
``execute_field()`` and ``complete_value()``: the same values, errors, paths and propagation of
nulls (https://spec.graphql.org/October2021/#sec-Execution).
"""

from collections.abc import Callable
from typing import Any

from graphql import (
    ExecutionContext,
    FieldNode,
    GraphQLObjectType,
    GraphQLResolveInfo,
    OperationType,
    get_named_type,
    is_abstract_type,
    is_leaf_type,
    is_list_type,
    is_non_null_type,
)
from graphql.execution.collect_fields import collect_fields, collect_sub_fields
from graphql.execution.execute import get_field_def, invalid_return_type_error

from schema.core.audited_types import IsTypeOf, Record, recorder_of, type_check_of
from schema.core.prepared_pages import PREPARED_PAGES_KEY, PagesOfSelection, PreparedPages
from schema.execution.columns import edges_by_columns
from schema.execution.fields import Field, reading, resolving
from schema.execution.readers import DEFINITION, Reader, reader_of
from schema.execution.run import Complete, Execute, Place, Run
from schema.execution.values import is_null, leaf, leaf_reader, listed, required

Selected = dict[str, list[FieldNode]]
Leaf = tuple[str, Callable[[Any], Any]]


class Planner:
    """Makes the plan of one operation, for one set of values of its conditions.

    The functions keep the planner, so it has only what is the same for each request: the schema,
    the nodes of the document, and the variables, of which only those of ``@skip`` and
    ``@include`` are used. The functions of an object are made when there is the first one.
    """

    def __init__(self, execution: ExecutionContext, conditions: dict[str, Any]) -> None:
        self.schema = execution.schema
        self.fragments = execution.fragments
        self.variable_values = conditions
        self.operation = execution.operation

    def plan(self) -> Execute:
        """Return the function that executes the operation on its root value."""
        type_ = self.schema.get_root_type(self.operation.operation)
        assert type_ is not None, "validation has checked it"  # noqa: S101 - for the type checker
        selected = collect_fields(
            self.schema,
            self.fragments,
            self.variable_values,
            type_,
            self.operation.selection_set,
        )
        fields = self._fields(type_, selected)
        for field in fields:
            field.is_root = True
            field.is_change = self.operation.operation is OperationType.MUTATION
        return self._in_order(fields)

    def _fields(self, type_: GraphQLObjectType, selected: Selected) -> list[Field]:
        fields = []
        for key, nodes in selected.items():
            definition = get_field_def(self.schema, type_, nodes[0])
            assert definition is not None, "validation has checked it"  # noqa: S101 - for the type checker
            fields.append(Field(type_, definition, key, nodes))
        return fields

    def selected_fields(self, type_: GraphQLObjectType, nodes: list[FieldNode]) -> list[Field]:
        """Return the fields of an object that the nodes of a field select.

        Raises GraphQLError if the value of a condition is invalid.
        """
        selected = collect_sub_fields(
            self.schema, self.fragments, self.variable_values, type_, nodes
        )
        return self._fields(type_, selected)

    # Selections

    def _selection(self, type_: GraphQLObjectType, nodes: list[FieldNode]) -> Execute:
        """Return the function that executes the selected fields of an object.

        Leaves that need no SQL are read first, which changes nothing. If one has an error, or is
        not loaded, all fields are executed in their order, because an error can end the object. A
        leaf whose method can send SQL has its place among the others: after an error it sends none.
        """
        fields = self.selected_fields(type_, nodes)
        leaves, others = list[Leaf](), list[tuple[str, Execute]]()
        for field in fields:
            if read := self._leaf_reader(field):
                leaves.append((field.key, read))
            else:
                others.append((field.key, self._execute(field)))
        return _leaves_first(
            [field.key for field in fields], leaves, others, self._in_order(fields)
        )

    def _in_order(self, fields: list[Field]) -> Execute:
        """Return a function that executes one field after the other, as graphql-core does."""
        executes, size = list[tuple[str, Execute]](), len(fields) + 1

        def execute_in_order(run: Run, value: Any, place: Place) -> Any:
            run.count_fields(size)
            if not executes:
                executes[:] = [(field.key, self._execute(field)) for field in fields]
            return {key: execute(run, value, place) for key, execute in executes}

        return execute_in_order

    # Fields

    def _execute(self, field: Field) -> Execute:
        """Return the function that resolves and completes a field of an object."""
        complete = self._output(field, field.definition.type)
        reader = self.reader(field)
        if reader:
            return reading(field, reader, complete)
        return resolving(field, complete, self._pages(field))

    def _pages(self, field: Field) -> PagesOfSelection | None:
        """Return the prepared pages of a field of the root type."""
        definition = field.definition.extensions.get(DEFINITION) if field.is_root else None
        if definition is None:
            return None
        pages: PreparedPages | None = definition.metadata.get(PREPARED_PAGES_KEY)
        if pages is None:
            return None
        type_ = get_named_type(field.definition.type)
        assert isinstance(type_, GraphQLObjectType)  # noqa: S101 - for the type checker
        edges = edges_by_columns(self, type_, field.nodes)
        return pages.of_selection(definition, type_, field.nodes, self, edges)

    def _leaf_reader(self, field: Field) -> Callable[[Any], Any] | None:
        """Return what reads a leaf without SQL, so that reading it early changes nothing."""
        type_: Any = field.definition.type
        is_required = is_non_null_type(type_)
        named = type_.of_type if is_required else type_
        reader = self.reader(field) if is_leaf_type(named) else None
        if reader is None or reader.can_query:
            return None
        return leaf_reader(reader.read, named.serialize, is_required=is_required)

    def reader(self, field: Field) -> Reader | None:
        """Return what reads the field without its resolver; None if only that has the value."""
        if field.name == "__typename":
            type_name = field.parent_type.name
            return Reader(lambda _: type_name, only_loaded=True)
        # The type of an abstract type's value is found out with the info of the field.
        if field.is_root or is_abstract_type(get_named_type(field.definition.type)):
            return None
        return reader_of(field.parent_type, field.name, field.definition)

    # Values

    def _output(self, field: Field, type_: Any) -> Complete:
        """Return the function that completes a value of a type."""
        if is_non_null_type(type_):
            return required(field, self._output(field, type_.of_type))
        if is_list_type(type_):
            return listed(field, type_.of_type, self._output(field, type_.of_type))
        if is_leaf_type(type_):
            return leaf(type_)
        if is_abstract_type(type_):
            return self._abstract(field, type_)
        assert isinstance(type_, GraphQLObjectType)  # noqa: S101 - for the type checker
        return self._object(field, type_)

    def _abstract(self, field: Field, type_: Any) -> Complete:
        completes: dict[str, Complete] = {}

        def complete_abstract(
            run: Run, value: Any, place: Place, info: GraphQLResolveInfo | None
        ) -> Any:
            if is_null(value):
                return None
            runtime_type = run.runtime_type(type_, field.nodes, info, value)
            complete = completes.get(runtime_type.name)
            if complete is None:
                complete = completes[runtime_type.name] = self._object(field, runtime_type)
            return complete(run, value, place, info)

        return complete_abstract

    def _object(self, field: Field, type_: GraphQLObjectType) -> Complete:
        check: IsTypeOf | None = None
        record: Record | None = None
        select: Execute | None = None

        def complete_object(run: Run, value: Any, place: Place, info: Any) -> Any:
            nonlocal check, record, select
            if is_null(value):
                return None
            if select is None:
                # An invalid condition is an error of the object, so not planned with its parent.
                check, record = self._checks(field, type_)
                select = self._selection(type_, field.nodes)
            if check and not check(value, info):
                raise invalid_return_type_error(type_, value, field.nodes)
            if record and run.context:
                record(value, run.context)
            return select(run, value, place)

        return complete_object

    def _checks(
        self, field: Field, type_: GraphQLObjectType
    ) -> tuple[IsTypeOf | None, Record | None]:
        """Return what checks the type of an object, and what records it for the audit log."""
        if field.is_change:
            # Records the input of the mutation as well.
            return type_.is_type_of, None
        record = recorder_of(type_, field.nodes, self, at_root=field.is_root)
        return type_check_of(type_), record


def _leaves_first(
    keys: list[str], leaves: list[Leaf], others: list[tuple[str, Execute]], in_order: Execute
) -> Execute:
    """Return a function that reads the leaves of an object and then executes its other fields.

    ``keys`` are those of all fields, in the order of the selection. ``in_order`` executes the
    object again, and reports the error, if a leaf cannot be read.
    """
    size = len(keys) + 1
    template = dict.fromkeys(keys)

    def execute_leaves(run: Run, value: Any, place: Place) -> Any:
        try:
            result = {key: read(value) for key, read in leaves}
        except Exception:  # noqa: BLE001 - executed again, which reports the error
            return in_order(run, value, place)
        run.count_fields(size)
        return result

    def execute_all(run: Run, value: Any, place: Place) -> Any:
        result = template.copy()
        try:
            for key, read in leaves:
                result[key] = read(value)
        except Exception:  # noqa: BLE001 - executed again, which reports the error
            return in_order(run, value, place)
        run.count_fields(size)
        for key, execute in others:
            result[key] = execute(run, value, place)
        return result

    return execute_all if others else execute_leaves
