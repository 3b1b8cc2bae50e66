"""The functions that complete the value of a field, after graphql-core's ``complete_value()``.

Those for objects and abstract types are in ``plan.py``, because they make further plans.
"""

from collections.abc import Callable
from typing import Any

from graphql import (
    ExecutionContext,
    GraphQLError,
    GraphQLOutputType,
    GraphQLResolveInfo,
    Undefined,
)
from graphql.pyutils import is_iterable

from schema.execution.fields import Field
from schema.execution.run import Complete, Place, Run


class Completed(list[Any]):
    """The items of a list that are completed already."""


class UnusualValue(Exception):
    """A leaf has a value for which graphql-core reports an error."""


def required(field: Field, complete: Complete) -> Complete:
    """Return a function that completes a value which cannot be null."""
    name = field.coordinate

    def complete_required(
        run: Run, value: Any, place: Place, info: GraphQLResolveInfo | None
    ) -> Any:
        completed = complete(run, value, place, info)
        if completed is None:
            raise TypeError(f"Cannot return null for non-nullable field {name}.")
        return completed

    return complete_required


def listed(field: Field, item_type: GraphQLOutputType, complete: Complete) -> Complete:
    """Return a function that completes each item of a list by ``complete``."""
    nodes, name = field.nodes, field.coordinate

    def complete_list(run: Run, value: Any, place: Place, info: GraphQLResolveInfo | None) -> Any:
        if type(value) is Completed:
            return value
        if is_null(value):
            return None
        if not is_iterable(value):
            message = f"Expected Iterable, but did not find one for field '{name}'."
            raise GraphQLError(message)
        completed: list[Any] = []
        append = completed.append
        for item in value:
            own = (place, len(completed), None)
            try:
                append(complete(run, item, own, info))
            except Exception as error:  # noqa: BLE001 - every error becomes part of the response
                append(run.fail(error, nodes, own, item_type))
        return completed

    return complete_list


def leaf(type_: Any) -> Complete:
    """Return a function that serializes a value of a scalar or enum."""

    def complete_leaf(
        _run: Run, value: Any, _place: Place, _info: GraphQLResolveInfo | None
    ) -> Any:
        return None if is_null(value) else ExecutionContext.complete_leaf_value(type_, value)

    return complete_leaf


def leaf_reader(
    read: Callable[[Any], Any], serialize: Callable[[Any], Any], *, is_required: bool
) -> Callable[[Any], Any]:
    """Return a function that reads and completes a leaf of an object.

    It raises an exception for each error, which the field must report at its place.
    """

    def read_leaf(source: Any) -> Any:
        value = read(source)
        if value is None:
            if is_required:
                raise UnusualValue
            return None
        serialized = serialize(value)
        if serialized is None or serialized is Undefined or isinstance(value, Exception):
            raise UnusualValue
        return serialized

    return read_leaf


def is_null(value: Any) -> bool:
    """Whether the value of a field is null. Raises it if it is an exception."""
    if isinstance(value, Exception):
        raise value
    return value is None or value is Undefined
