"""Running an operation, with a short way for what is merely read.

Most of an answer is attributes of rows that are loaded by then. For each of them
graphql-core makes a path and an info, and Strawberry arguments and a chain of
extensions, that nobody looks at. Whatever cannot be read just so (a column that was
not loaded, a null where none may be, a value that its scalar refuses) takes the long
way, so that one place loads rows and one words errors.
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

Read = Callable[[Any], Any]
Fields = dict[str, list[FieldNode]]

DEFINITION = GraphQLCoreConverter.DEFINITION_BACKREF
# Where a leaf of the schema keeps its short way.
FAST_RESOLVER_KEY = "cybermed-answer"


class FastPathUnavailable(Exception):
    """What was read is no answer as it stands."""


def install_fast_resolvers(core: GraphQLSchema) -> None:
    """Find the short way of every field that is merely read."""
    for type_ in core.type_map.values():
        if isinstance(type_, GraphQLObjectType) and DEFINITION in type_.extensions:
            for name, field in type_.fields.items():
                if read := _reader(type_, name, field):
                    _install_fast_resolver(field, read)


def _reader(type_: GraphQLObjectType, name: str, field: GraphQLField) -> Read | None:
    """How a field is read off its object; None if it takes more than that."""
    origin = type_.extensions[DEFINITION].origin
    definition: StrawberryField = field.extensions[DEFINITION]
    if name == "id" and issubclass(origin, relay.Node):
        return _id_reader(type_.name, origin.resolve_id_attr())
    if definition.extensions:
        return None
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
    # Other descriptors make something of what they hold, such as files.
    if type(descriptor) is DeferredAttribute:
        name = descriptor.field.attname
        return lambda row: vars(row)[name]
    if isinstance(descriptor, ForwardManyToOneDescriptor):
        get_cached_value: Read = descriptor.field.get_cached_value
        return get_cached_value
    return None


def _method_reader(resolver: StrawberryResolver[Any]) -> Read | None:
    """Calls a resolver that wants nothing but its object."""
    if resolver.is_async:
        return None
    itself = {resolver.self_parameter, resolver.parent_parameter, resolver.root_parameter}
    parameters = resolver.signature.parameters.values()
    if not itself.issuperset(parameters):
        return None
    method: Any = resolver.wrapped_func
    count = len(parameters)
    return lambda row: method(*[row] * count)


def _install_fast_resolver(field: GraphQLField, read: Read) -> None:
    named: Any = get_nullable_type(field.type)  # type: ignore[arg-type]  # as its overloads have it
    if is_leaf_type(named):
        field.extensions[FAST_RESOLVER_KEY] = _answering(read, named.serialize, field)
    elif field.extensions[DEFINITION].base_resolver is None:
        # What a method answers may be a queryset, which only the long way fetches.
        field.resolve = _reading(read, field)


def _answering(read: Read, serialize: Read, field: GraphQLField) -> Read:
    is_required = isinstance(field.type, GraphQLNonNull)

    def answer(source: Any) -> Any:
        value = read(source)
        if value is None and not is_required:
            return None
        printed = None if value is None else serialize(value)
        if printed is None:
            raise FastPathUnavailable
        return printed

    return answer


def _reading(read: Read, field: GraphQLField) -> Callable[..., Any]:
    take_the_long_way = field.resolve
    assert take_the_long_way is not None, "Strawberry gives each a resolver"  # noqa: S101 - for the type checker

    def resolve(source: Any, info: GraphQLResolveInfo) -> Any:
        try:
            return read(source)
        except (AttributeError, KeyError):
            return take_the_long_way(source, info)

    return resolve


class SelectionPlan(NamedTuple):
    """How the fields of a selection are answered; holds it, as it is known by its id."""

    fields: Fields
    short: list[tuple[str, Read]]
    long: Fields


class FastExecutionContext(StrawberryGraphQLCoreExecutionContext):
    """Answers leaves the short way, and leaves everything else to graphql-core."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._plans: dict[int, SelectionPlan] = {}

    def execute_fields(
        self,
        parent_type: GraphQLObjectType,
        source_value: Any,
        path: Path | None,
        fields: Fields,
    ) -> Any:
        plan = self._plan(parent_type, fields)
        answers, long = {}, plan.long
        for name, answer in plan.short:
            try:
                answers[name] = answer(source_value)
            except Exception:  # noqa: BLE001 - the long way meets it again, and words it
                long = {**long, name: fields[name]}
        if not long:
            return answers
        others: Any = super().execute_fields(parent_type, source_value, path, long)
        if self.is_awaitable(others):
            return _merged_later(fields, answers, others)
        return _merged(fields, answers, others)

    def complete_list_value(
        self,
        return_type: GraphQLList[Any],
        field_nodes: list[FieldNode],
        info: GraphQLResolveInfo,
        path: Path,
        result: Any,
    ) -> Any:
        type_ = get_nullable_type(return_type.of_type)
        # Whoever looks at each object by `is_type_of`, such as the audit, shall see it.
        if isinstance(result, list) and is_object_type(type_) and not type_.is_type_of:
            plan = self._plan(type_, self.collect_subfields(type_, field_nodes))
            if not plan.long:
                with suppress(Exception):
                    return [{name: answer(row) for name, answer in plan.short} for row in result]
        return super().complete_list_value(return_type, field_nodes, info, path, result)

    def _plan(self, parent_type: GraphQLObjectType, fields: Fields) -> SelectionPlan:
        # graphql-core keeps what is selected of one row for the next.
        return self._plans.get(id(fields)) or self._make_plan(parent_type, fields)

    def _make_plan(self, parent_type: GraphQLObjectType, fields: Fields) -> SelectionPlan:
        plan = SelectionPlan(fields, [], {})
        for name, nodes in fields.items():
            field = parent_type.fields.get(nodes[0].name.value)
            if field and FAST_RESOLVER_KEY in field.extensions:
                plan.short.append((name, field.extensions[FAST_RESOLVER_KEY]))
            else:
                plan.long[name] = nodes
        self._plans[id(fields)] = plan
        return plan


def _merged(fields: Fields, short: dict[str, Any], long: dict[str, Any]) -> dict[str, Any]:
    """Both, in the order in which they were asked for."""
    answers = {**short, **long}
    return {name: answers[name] for name in fields if name in answers}


async def _merged_later(
    fields: Fields, short: dict[str, Any], long: Awaitable[dict[str, Any]]
) -> dict[str, Any]:
    return _merged(fields, short, await long)
