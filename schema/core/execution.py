"""Execution context with a fast path for fields that only read an attribute, and a limit.

Most fields of a response are attributes of rows that are already loaded. For each of
them graphql-core builds a path and an info object, and Strawberry builds arguments and
calls a chain of extensions, although the resolver uses none of them. The fast path skips
all that. If it cannot resolve a value (a deferred column, a null in a non-null field, a
value that its scalar cannot serialize), the field is resolved again by graphql-core, which
loads the row or reports the error.

The cost of an operation assumes a length for lists without a size argument. The limit ends an
operation whose lists are so long that its response would have more than ``MAX_RESPONSE_FIELDS``.
"""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from operator import attrgetter
from typing import Any, NamedTuple

from django.db.models.fields.related_descriptors import ForwardManyToOneDescriptor
from django.db.models.query_utils import DeferredAttribute
from graphql import (
    FieldNode,
    GraphQLField,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLResolveInfo,
    GraphQLSchema,
    get_nullable_type,
    is_leaf_type,
    is_object_type,
)
from graphql.pyutils import Path
from strawberry import relay
from strawberry.relay.utils import to_base64
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext
from strawberry.schema.schema_converter import GraphQLCoreConverter
from strawberry.types.field import StrawberryField
from strawberry.types.fields.resolver import StrawberryResolver
from strawberry_django.utils.typing import get_django_definition

from schema.core.context import Context
from schema.core.errors import CodedError, ErrorCode

Read = Callable[[Any], Any]
Fields = dict[str, list[FieldNode]]

DEFINITION = GraphQLCoreConverter.DEFINITION_BACKREF
# The key in the metadata of a field whose resolver needs the context for some objects only: a
# function that returns the value of the others, and raises FastPathUnavailable.
FAST_READER_KEY = "cybermed-fast-reader"
# The key in the extensions of a leaf field that holds its fast resolver.
FAST_RESOLVER_KEY = "cybermed-answer"
# About one second of computing time.
MAX_RESPONSE_FIELDS = 100_000
# The time is charged after this number of fields, and again after as many.
FIELDS_PER_CHARGE = 3_000


class FastPathUnavailable(Exception):
    """The fast path read a value that the field cannot return."""


def install_fast_resolvers(core: GraphQLSchema) -> None:
    """Install a fast resolver on every field that only reads an attribute."""
    for type_ in core.type_map.values():
        if isinstance(type_, GraphQLObjectType) and DEFINITION in type_.extensions:
            for name, field in type_.fields.items():
                if read := _reader(type_, name, field):
                    _install_fast_resolver(field, read)


def _reader(type_: GraphQLObjectType, name: str, field: GraphQLField) -> Read | None:
    """Return a function that reads the field from its object, or None if it needs a resolver."""
    origin = type_.extensions[DEFINITION].origin
    definition: StrawberryField = field.extensions[DEFINITION]
    if name == "id" and issubclass(origin, relay.Node):
        return _id_reader(type_.name, origin.resolve_id_attr())
    if definition.extensions:
        return None
    if fast_reader := definition.metadata.get(FAST_READER_KEY):
        read: Read = fast_reader
        return read
    if definition.base_resolver:
        return _method_reader(definition.base_resolver)
    model = get_django_definition(origin)
    if model is None:
        return attrgetter(definition.python_name)
    column = getattr(definition, "django_name", None) or definition.python_name
    return _column_reader(getattr(model.model, column, None))


def _id_reader(type_name: str, attribute: str) -> Read:
    return lambda row: to_base64(type_name, vars(row)[attribute])


def _column_reader(descriptor: object) -> Read | None:
    # Other descriptors convert the stored value, for example to a file.
    if type(descriptor) is DeferredAttribute:
        name = descriptor.field.attname
        return lambda row: vars(row)[name]
    if isinstance(descriptor, ForwardManyToOneDescriptor):
        get_cached_value: Read = descriptor.field.get_cached_value
        return get_cached_value
    return None


def _method_reader(resolver: StrawberryResolver[Any]) -> Read | None:
    """Return a function that calls a resolver without arguments, or None if it has arguments."""
    if resolver.is_async:
        return None
    own_parameters = {resolver.self_parameter, resolver.parent_parameter, resolver.root_parameter}
    parameters = resolver.signature.parameters.values()
    if not own_parameters.issuperset(parameters):
        return None
    method: Any = resolver.wrapped_func
    count = len(parameters)
    return lambda row: method(*[row] * count)


def _install_fast_resolver(field: GraphQLField, read: Read) -> None:
    named: Any = get_nullable_type(field.type)  # type: ignore[arg-type]  # as its overloads have it
    if is_leaf_type(named):
        field.extensions[FAST_RESOLVER_KEY] = _leaf_resolver(read, named.serialize, field)
    elif field.extensions[DEFINITION].base_resolver is None:
        # A method can return a queryset, which only Strawberry's resolver fetches.
        field.resolve = _object_resolver(read, field)


def _leaf_resolver(read: Read, serialize: Read, field: GraphQLField) -> Read:
    is_required = isinstance(field.type, GraphQLNonNull)

    def resolve_leaf(source: Any) -> Any:
        value = read(source)
        if value is None and not is_required:
            return None
        serialized = None if value is None else serialize(value)
        if serialized is None:
            raise FastPathUnavailable
        return serialized

    return resolve_leaf


def _object_resolver(read: Read, field: GraphQLField) -> Callable[..., Any]:
    fallback = field.resolve
    assert fallback is not None, "Strawberry sets a resolver on every field"  # noqa: S101 - for the type checker

    def resolve(source: Any, info: GraphQLResolveInfo) -> Any:
        try:
            return read(source)
        except (AttributeError, KeyError):
            return fallback(source, info)

    return resolve


class SelectionPlan(NamedTuple):
    """The fields of a selection, split into fast and regular ones.

    ``fields`` keeps the selection alive, because plans are looked up by its id.
    """

    fields: Fields
    fast: list[tuple[str, Read]]
    regular: Fields


class FastExecutionContext(StrawberryGraphQLCoreExecutionContext):
    """Resolves leaf fields with fast resolvers and everything else with graphql-core."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._plans: dict[int, SelectionPlan] = {}
        self._count = 0
        self._next_charge = FIELDS_PER_CHARGE

    def execute_fields(
        self,
        parent_type: GraphQLObjectType,
        source_value: Any,
        path: Path | None,
        fields: Fields,
    ) -> Any:
        # The object itself takes as long as a field.
        self._count_fields(len(fields) + 1)
        plan = self._plan(parent_type, fields)
        results, regular = {}, plan.regular
        for name, resolver in plan.fast:
            try:
                results[name] = resolver(source_value)
            except Exception:  # noqa: BLE001 - graphql-core resolves the field again and reports it
                regular = {**regular, name: fields[name]}
        if not regular:
            return results
        others: Any = super().execute_fields(parent_type, source_value, path, regular)
        if self.is_awaitable(others):
            return _merged_later(fields, results, others)
        return _merged(fields, results, others)

    def complete_list_value(
        self,
        return_type: GraphQLList[Any],
        field_nodes: list[FieldNode],
        info: GraphQLResolveInfo,
        path: Path,
        result: Any,
    ) -> Any:
        type_ = get_nullable_type(return_type.of_type)
        # The audit log uses `is_type_of`, so it must be called for each object.
        if isinstance(result, list) and is_object_type(type_) and not type_.is_type_of:
            plan = self._plan(type_, self.collect_subfields(type_, field_nodes))
            if not plan.regular:
                self._count_fields(len(plan.fast) * len(result))
                with suppress(Exception):
                    return [{name: resolver(row) for name, resolver in plan.fast} for row in result]
        return super().complete_list_value(return_type, field_nodes, info, path, result)

    def _count_fields(self, number: int) -> None:
        self._count += number
        if self._count > MAX_RESPONSE_FIELDS:
            message = f"The response exceeds the limit of {MAX_RESPONSE_FIELDS:,} fields."
            raise CodedError(ErrorCode.QUERY_TOO_COMPLEX, message)
        if self._count > self._next_charge:
            self._next_charge = self._count + FIELDS_PER_CHARGE
            if isinstance(self.context_value, Context):
                self.context_value.charge_progress()

    def _plan(self, parent_type: GraphQLObjectType, fields: Fields) -> SelectionPlan:
        # graphql-core passes the same selection object for each row of a list.
        return self._plans.get(id(fields)) or self._make_plan(parent_type, fields)

    def _make_plan(self, parent_type: GraphQLObjectType, fields: Fields) -> SelectionPlan:
        plan = SelectionPlan(fields, [], {})
        for name, nodes in fields.items():
            field = parent_type.fields.get(nodes[0].name.value)
            if field and FAST_RESOLVER_KEY in field.extensions:
                plan.fast.append((name, field.extensions[FAST_RESOLVER_KEY]))
            else:
                plan.regular[name] = nodes
        self._plans[id(fields)] = plan
        return plan


def _merged(fields: Fields, fast: dict[str, Any], regular: dict[str, Any]) -> dict[str, Any]:
    """Merge both results in the order of the selection."""
    results = {**fast, **regular}
    return {name: results[name] for name in fields if name in results}


async def _merged_later(
    fields: Fields, fast: dict[str, Any], regular: Awaitable[dict[str, Any]]
) -> dict[str, Any]:
    return _merged(fields, fast, await regular)
