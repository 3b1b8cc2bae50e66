"""How the fields of a type are read from an object without Strawberry's resolver.

Most fields of a response are attributes of rows that are already loaded. Strawberry's resolver
builds arguments and calls a chain of extensions for each of them, although nothing uses them.
A reader returns the same value. If it cannot, because the column or the related row is not
loaded, it raises one of ``NOT_LOADED``, and Strawberry's resolver loads it.
"""

from base64 import b64encode
from collections.abc import Callable
from operator import attrgetter
from typing import Any, NamedTuple

from django.db.models.fields.related_descriptors import (
    ForwardManyToOneDescriptor,
    ReverseManyToOneDescriptor,
)
from django.db.models.query_utils import DeferredAttribute
from graphql import GraphQLField, GraphQLObjectType, get_named_type, is_leaf_type
from strawberry import relay
from strawberry.schema.schema_converter import GraphQLCoreConverter
from strawberry.types.field import StrawberryField
from strawberry.types.fields.resolver import StrawberryResolver
from strawberry_django.optimizer import is_optimized_by_prefetching
from strawberry_django.utils.typing import get_django_definition

from schema.core.computed_fields import COMPUTED_KEY
from schema.core.record_access import (
    RECORD_COLUMN_KEY,
    ROW_READER_KEY,
    RecordAccessUnknown,
    RecordColumn,
)

Read = Callable[[Any], Any]

DEFINITION = GraphQLCoreConverter.DEFINITION_BACKREF
NOT_LOADED = (AttributeError, KeyError, RecordAccessUnknown)


class ColumnOf(NamedTuple):
    """The column of a row that a field is read from.

    ``complete`` returns the completed value for that of the column; None: the field's type does.
    ``hidden`` is the value without access to the record, None if the field does not depend on it.
    """

    name: str
    complete: Read | None = None
    hidden: RecordColumn | None = None


class Reader(NamedTuple):
    """``read`` returns the value of the field for an object.

    ``only_loaded``: it raises one of ``NOT_LOADED`` if the value must be loaded. Otherwise each
    exception is an error of the field. ``can_query``: reading it can send SQL. ``column`` or
    ``foreign_key``, the name of one, tell where the value comes from, if that is all that the field
    depends on.
    """

    read: Read
    only_loaded: bool
    can_query: bool = False
    column: ColumnOf | None = None
    foreign_key: str | None = None


def reader_of(type_: GraphQLObjectType, field_name: str, field: GraphQLField) -> Reader | None:
    """Return the reader of a field, or None if only its resolver can return the value."""
    if DEFINITION not in type_.extensions:
        return None
    origin = type_.extensions[DEFINITION].origin
    definition: StrawberryField = field.extensions[DEFINITION]
    if field_name == "id" and issubclass(origin, relay.Node):
        return _id_reader(type_.name, origin.resolve_id_attr())
    if definition.extensions:
        return None
    if row_reader := definition.metadata.get(ROW_READER_KEY):
        hidden = definition.metadata[RECORD_COLUMN_KEY]
        column = ColumnOf(hidden.name, hidden=hidden) if hidden else None
        return Reader(row_reader, only_loaded=True, column=column)
    if definition.base_resolver:
        is_computed = COMPUTED_KEY in definition.metadata
        return _method_reader(definition.base_resolver, field, can_query=not is_computed)
    model = get_django_definition(origin)
    if model is None:
        return Reader(attrgetter(definition.python_name), only_loaded=True)
    name = getattr(definition, "django_name", None) or definition.python_name
    return _column_reader(getattr(model.model, name, None))


def _id_reader(type_name: str, attribute: str) -> Reader:
    def global_id(key: Any) -> str:
        # As strawberry.relay.to_base64(), which looks for the name of a type first.
        return b64encode(f"{type_name}:{key}".encode()).decode()

    return Reader(
        lambda row: global_id(vars(row)[attribute]),
        only_loaded=True,
        column=ColumnOf(attribute, global_id),
    )


def _column_reader(descriptor: object) -> Reader | None:
    # Other descriptors convert the stored value, for example to a file.
    if type(descriptor) is DeferredAttribute:
        name = descriptor.field.attname
        return Reader(lambda row: vars(row)[name], only_loaded=True, column=ColumnOf(name))
    if isinstance(descriptor, ForwardManyToOneDescriptor):
        key = descriptor.field
        return Reader(key.get_cached_value, only_loaded=True, foreign_key=key.name)
    if type(descriptor) is ReverseManyToOneDescriptor:
        return Reader(_prefetched_reader(descriptor), only_loaded=True)
    return None


def _prefetched_reader(descriptor: ReverseManyToOneDescriptor[Any]) -> Read:
    """Return a function that reads the related rows which the optimizer has loaded.

    Rows that ``prefetch_related()`` has loaded elsewhere can be others than the field returns.
    """
    name = descriptor.rel.cache_name

    def read(row: Any) -> Any:
        rows = row._prefetched_objects_cache[name]  # noqa: SLF001 - Django has no public way to it
        if not is_optimized_by_prefetching(rows):
            raise KeyError(name)
        return rows

    return read


def _method_reader(
    resolver: StrawberryResolver[Any], field: GraphQLField, *, can_query: bool
) -> Reader | None:
    """Return a reader that calls a resolver without arguments, or None if it has arguments."""
    # A method can return a queryset, which only Strawberry's resolver fetches.
    if resolver.is_async or not is_leaf_type(get_named_type(field.type)):
        return None
    own_parameters = {resolver.self_parameter, resolver.parent_parameter, resolver.root_parameter}
    parameters = resolver.signature.parameters.values()
    if not own_parameters.issuperset(parameters):
        return None
    method: Any = resolver.wrapped_func
    count = len(parameters)
    # Most methods have one parameter, and each call of a function counts for lists of objects.
    read = method if count == 1 else lambda row: method(*[row] * count)
    return Reader(read, only_loaded=False, can_query=can_query)
