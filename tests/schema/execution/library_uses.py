"""What schema/execution uses of libraries; checked by tests/test_library_compatibility.py."""

from collections.abc import Callable
from typing import Any

from django.db.models import ForeignKey, ManyToOneRel
from graphql import ExecutionContext, MiddlewareManager, located_error
from graphql.execution.collect_fields import collect_fields, collect_sub_fields
from graphql.execution.execute import get_field_def, invalid_return_type_error
from graphql.execution.values import get_argument_values
from graphql.pyutils import is_iterable
from strawberry import relay
from strawberry.schema.schema_converter import GraphQLCoreConverter
from strawberry.types.field import StrawberryField
from strawberry.types.fields.resolver import StrawberryResolver
from strawberry.utils.inspect import in_async_context
from strawberry_django.optimizer import is_optimized_by_prefetching

# Module of ours, function of a library, its parameters.
SIGNATURES: list[tuple[str, Callable[..., Any], list[str]]] = [
    (
        "schema/execution/context.py",
        ExecutionContext.execute_fields,
        ["parent_type", "source_value", "path", "fields"],
    ),
    (
        "schema/execution/context.py",
        ExecutionContext.execute_operation,
        ["operation", "root_value"],
    ),
    ("schema/execution/context.py", in_async_context, []),
    (
        "schema/execution/plan.py",
        collect_fields,
        [
            *("schema", "fragments", "variable_values", "runtime_type", "selection_set"),
            "on_selection_set",
        ],
    ),
    (
        "schema/execution/plan.py",
        collect_sub_fields,
        ["schema", "fragments", "variable_values", "return_type", "field_nodes"],
    ),
    (
        "schema/execution/plan.py",
        get_field_def,
        ["schema", "parent_type", "field_node"],
    ),
    (
        "schema/execution/plan.py",
        invalid_return_type_error,
        ["return_type", "result", "field_nodes"],
    ),
    ("schema/execution/run.py", get_argument_values, ["type_def", "node", "variable_values"]),
    ("schema/execution/run.py", located_error, ["original_error", "nodes", "path"]),
    ("schema/execution/run.py", MiddlewareManager.get_field_resolver, ["field_resolver"]),
    (
        "schema/execution/run.py",
        ExecutionContext.build_resolve_info,
        ["field_def", "field_nodes", "parent_type", "path"],
    ),
    (
        "schema/execution/run.py",
        ExecutionContext.handle_field_error,
        ["error", "return_type", "path"],
    ),
    (
        "schema/execution/run.py",
        ExecutionContext.ensure_valid_runtime_type,
        ["runtime_type_name", "return_type", "field_nodes", "info", "result"],
    ),
    (
        "schema/execution/values.py",
        ExecutionContext.complete_leaf_value,
        ["return_type", "result"],
    ),
    ("schema/execution/values.py", is_iterable, ["value"]),
    ("schema/execution/readers.py", is_optimized_by_prefetching, ["qs"]),
]

# Module of ours, class of a library, the attributes that the module uses.
ATTRIBUTES: list[tuple[str, type, list[str]]] = [
    ("schema/execution/readers.py", GraphQLCoreConverter, ["DEFINITION_BACKREF"]),
    (
        "schema/execution/readers.py",
        StrawberryResolver,
        [
            *("self_parameter", "parent_parameter", "root_parameter"),
            *("signature", "wrapped_func", "is_async"),
        ],
    ),
    (
        "schema/execution/readers.py",
        StrawberryField,
        ["extensions", "metadata", "base_resolver", "python_name"],
    ),
    ("schema/execution/readers.py", relay.Node, ["resolve_id_attr"]),
    ("schema/execution/readers.py", ForeignKey, ["get_cached_value"]),
    ("schema/execution/readers.py", ManyToOneRel, ["cache_name"]),
    (
        "schema/execution/run.py",
        ExecutionContext,
        [
            *("context_value", "field_resolver", "fragments", "middleware_manager", "operation"),
            *("schema", "type_resolver", "variable_values"),
        ],
    ),
]
