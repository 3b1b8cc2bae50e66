"""Private or version-bound library API that the project uses: one check per use.

Each check fails with the name of the module that depends on it, when a new version of the
library changes the API. Without these tests some changes would go unnoticed: a hook that
is never called again raises no error.
"""

import inspect
import logging
import re
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import psycopg
import pytest
import strawberry
from asgiref.sync import SyncToAsync
from django.contrib import admin
from django.contrib.admin.filters import FieldListFilter
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import ChangeList
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.middleware import get_user
from django.contrib.sessions.backends.db import SessionStore
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models.fields.json import DataContains
from django.db.models.query import get_related_populators
from django.db.models.sql import InsertQuery
from django.db.models.sql.compiler import SQLCompiler
from django.forms.models import BaseModelForm
from django.http import HttpRequest
from django_tasks.backends.immediate import ImmediateBackend
from django_tasks_db.models import get_date_max
from graphql import (
    GraphQLObjectType,
    GraphQLSyntaxError,
    get_operation_ast,
    get_variable_values,
    parse,
    validate,
)
from graphql.execution.collect_fields import collect_sub_fields
from graphql.execution.values import get_argument_values
from graphql.utilities.type_info import get_field_def
from redis.asyncio.connection import AbstractConnection as RedisConnection
from strawberry.channels import GraphQLWSConsumer
from strawberry.django.views import GraphQLView
from strawberry.extensions import SchemaExtension
from strawberry.subscriptions.protocols.graphql_transport_ws.handlers import (
    BaseGraphQLTransportWSHandler,
)
from strawberry.types.execution import ExecutionContext as StrawberryExecutionContext
from strawberry_django.fields.field import StrawberryDjangoField
from strawberry_django.fields.types import OperationMessage
from strawberry_django.ordering import Ordering
from strawberry_django.relay import cursor_connection

from schema.schema import schema
from tests.schema.execution import library_uses as execution_uses


def parameters(function: Callable[..., Any]) -> list[str]:
    return [name for name in inspect.signature(function).parameters if name != "self"]


def attributes(type_: type) -> set[str]:
    """Return the names of class attributes, annotations, and attributes set by constructors."""
    names: set[str] = set()
    for class_ in type_.__mro__[:-1]:
        names.update(vars(class_), vars(class_).get("__annotations__", {}))
        for constructor in ("__init__", "__post_init__"):
            with suppress(KeyError, OSError, TypeError):
                source = inspect.getsource(vars(class_)[constructor])
                names.update(re.findall(r"\bself\.(\w+)", source))
    return names


# Module of ours, function of a library, its parameters.
SIGNATURES: list[tuple[str, Callable[..., Any], list[str]]] = [
    (
        "schema/core/access_tracker.py",
        collect_sub_fields,
        ["schema", "fragments", "variable_values", "return_type", "field_nodes"],
    ),
    ("schema/core/access_tracker.py", get_argument_values, ["type_def", "node", "variable_values"]),
    ("schema/extensions/query_cost.py", get_field_def, ["schema", "parent_type", "field_node"]),
    *execution_uses.SIGNATURES,
    (
        "schema/core/pagination.py",
        cursor_connection.OrderedCollectionCursor.from_cursor,
        ["cursor", "descriptors"],
    ),
    ("schema/core/pagination.py", cursor_connection.annotate_ordering_fields, ["qs"]),
    ("schema/transport/consumer.py", BaseGraphQLTransportWSHandler.handle_message, ["message"]),
    ("schema/transport/consumer.py", BaseGraphQLTransportWSHandler.handle_subscribe, ["message"]),
    (
        "schema/transport/websocket_handler.py",
        BaseGraphQLTransportWSHandler.handle_ping,
        ["message"],
    ),
    (
        "schema/transport/websocket_handler.py",
        BaseGraphQLTransportWSHandler.run_operation,
        ["operation"],
    ),
    (
        "schema/transport/consumer.py",
        BaseGraphQLTransportWSHandler.handle_invalid_message,
        ["error_message"],
    ),
    ("schema/transport/consumer.py", GraphQLWSConsumer.on_ws_connect, ["context"]),
    ("schema/transport/views.py", GraphQLView.get_sub_response, ["request"]),
    (
        "schema/transport/views.py",
        GraphQLView.execute_operation,
        ["request", "context", "root_value", "sub_response"],
    ),
    ("schema/transport/views.py", GraphQLView.process_result, ["request", "result"]),
    ("schema/transport/views.py", GraphQLView.should_render_graphql_ide, ["request"]),
    ("schema/transport/views.py", GraphQLView.render_graphql_ide, ["request"]),
    ("clinic/models/access_record.py", DataContains.as_sql, ["compiler", "connection"]),
    ("clinic/admin/base/services.py", vars(BaseModelForm)["_post_clean"], []),
    ("users/admin/request_checks.py", ChangeList.get_queryset, ["request", "exclude_parameters"]),
    ("users/admin/request_checks.py", ChangeList.get_results, ["request"]),
    (
        "users/admin/request_checks.py",
        FieldListFilter.create,
        ["field", "request", "params", "model", "model_admin", "field_path"],
    ),
    ("config/admin.py", admin.AdminSite.autocomplete_view, ["request"]),
    ("users/common/task_queue.py", vars(ImmediateBackend)["_execute_task"], ["task_result"]),
    ("users/common/task_queue.py", get_date_max, []),
    (
        "users/common/prepared_queries.py",
        SQLCompiler.as_sql,
        ["with_limits", "with_col_aliases"],
    ),
    (
        "users/common/prepared_queries.py",
        get_related_populators,
        ["klass_info", "select", "db"],
    ),
    ("users/common/prepared_queries.py", InsertQuery.insert_values, ["fields", "objs", "raw"]),
    (
        "schema/core/prepared_pages.py",
        cursor_connection.apply_cursor_pagination,
        [
            *("qs", "related_field_id", "info", "before", "after", "first", "last"),
            "max_results",
        ],
    ),
    (
        "schema/core/prepared_pages.py",
        cursor_connection.OrderedCollectionCursor.from_model,
        ["model", "descriptors"],
    ),
    (
        "schema/core/prepared_pages.py",
        StrawberryDjangoField.get_queryset,
        ["queryset", "info", "kwargs"],
    ),
]

# Module of ours, class of a library, the attributes that the module uses.
ATTRIBUTES: list[tuple[str, type, list[str]]] = [
    ("config/logging/statements.py", BaseDatabaseWrapper, ["execute_wrappers"]),
    (
        "config/database_engines/health_check.py",
        BaseDatabaseWrapper,
        ["health_check_enabled", "health_check_done"],
    ),
    ("users/common/database_errors.py", psycopg.Error, ["sqlstate", "diag"]),
    ("users/common/database_errors.py", psycopg.errors.Diagnostic, ["message_primary"]),
    ("schema/schema.py", strawberry.Schema, ["_schema"]),
    ("schema/core/batching.py", strawberry.Info, ["_raw_info"]),
    *execution_uses.ATTRIBUTES,
    ("schema/core/enums.py", Ordering, ["__strawberry_definition__"]),
    ("schema/core/descriptions.py", OperationMessage.Kind, ["__strawberry_definition__"]),
    ("schema/core/pagination.py", cursor_connection.OrderingDescriptor, ["attname", "maybe_null"]),
    ("schema/core/pagination.py", cursor_connection.OrderedCollectionCursor, ["field_values"]),
    (
        "schema/extensions/query_limits.py",
        StrawberryExecutionContext,
        ["pre_execution_errors", "validation_rules", "graphql_document"],
    ),
    (
        "schema/extensions/operation_rules.py",
        StrawberryExecutionContext,
        ["_provided_operation_name", "allowed_operations"],
    ),
    ("schema/extensions/audit.py", SchemaExtension, ["on_stream_result"]),
    (
        "schema/transport/consumer.py",
        BaseGraphQLTransportWSHandler,
        ["operations", "connection_acknowledged"],
    ),
    ("schema/transport/consumer.py", GraphQLWSConsumer, ["graphql_transport_ws_handler_class"]),
    ("schema/transport/publisher.py", SyncToAsync, ["threadlocal"]),
    ("config/redis_connection.py", RedisConnection, ["_connect_callbacks"]),
    ("users/models.py", AbstractBaseUser, ["_password"]),
    ("config/admin.py", admin.AdminSite, ["login_form"]),
]


@pytest.mark.parametrize(
    ("module", "function", "expected"), SIGNATURES, ids=[f.__qualname__ for _, f, _ in SIGNATURES]
)
def test_library_function_has_the_expected_parameters(
    module: str, function: Callable[..., Any], expected: list[str]
) -> None:
    found = parameters(function)
    assert found == expected, f"{function.__qualname__} has changed: adapt {module}"


@pytest.mark.parametrize(
    ("module", "type_", "expected"),
    ATTRIBUTES,
    ids=[f"{type_.__name__}-{module}" for module, type_, _ in ATTRIBUTES],
)
def test_library_class_has_the_expected_attributes(
    module: str, type_: type, expected: list[str]
) -> None:
    missing = set(expected) - attributes(type_)
    assert missing == set(), f"{type_.__qualname__} has changed: adapt {module}"


def test_core_type_has_a_replaceable_is_type_of() -> None:
    appointment = schema._schema.type_map["Appointment"]  # noqa: SLF001 - the subject of the check
    assert isinstance(appointment, GraphQLObjectType)
    assert appointment.is_type_of, "is_type_of is not set: adapt schema/core/audited_types.py"
    assert inspect.signature(appointment.is_type_of).parameters.keys() == {"value", "info"}


# graphql-core's messages that schema/core/errors.py matches: document, variables, pattern.
MESSAGES: list[tuple[str, dict[str, object], str]] = [
    ("{ clinik { today } }", {}, r" Did you mean 'clinic'\?$"),
    ("{ " + "a " * 2_001 + "}", {}, r"Parsing aborted\.$"),
    ("{ " + " ".join(f"x{n}" for n in range(200)) + " }", {}, "^Too many validation errors"),
    (
        "query ($o: [DoctorOrder!]) { doctors(ordering: $o) { totalCount } }",
        {"o": [{"specialty": "UP"}] * 200},
        "^Too many errors processing variables",
    ),
    (
        "query ($first: Int) { doctors(first: $first) { totalCount } }",
        {"first": "x"},
        r"; Int cannot represent non-integer value: 'x'$",
    ),
    (
        "query ($o: [DoctorOrder!]) { doctors(ordering: $o) { totalCount } }",
        {"o": [{"specialty": "UP"}]},
        r" at 'o\[0\]\.specialty'; Value 'UP' does not exist in 'Ordering' enum\.$",
    ),
]


@pytest.mark.parametrize(("document", "variables", "pattern"), MESSAGES)
def test_graphql_core_message_has_the_expected_words(
    document: str, variables: dict[str, object], pattern: str
) -> None:
    found = errors_of(document, variables)
    assert any(re.search(pattern, message) for message in found), (
        f"No message of graphql-core matches {pattern!r}: adapt schema/core/errors.py"
    )


def errors_of(document: str, variables: dict[str, object]) -> list[str]:
    """Return the messages of graphql-core alone, without the extensions of the schema."""
    core = schema._schema  # noqa: SLF001 - the subject of the check
    try:
        parsed = parse(document, max_tokens=2_000)
    except GraphQLSyntaxError as error:
        return [error.message]
    if errors := validate(core, parsed):
        return [error.message for error in errors]
    operation = get_operation_ast(parsed)
    assert operation is not None
    values = get_variable_values(core, operation.variable_definitions, variables, max_errors=100)
    return [error.message for error in values] if isinstance(values, list) else []


def test_login_session_caches_the_user_on_the_request(db: None) -> None:
    request = HttpRequest()
    request.session = SessionStore()
    get_user(request)
    message = "Django's authentication has changed: adapt config/logging/request_log.py"
    assert "_cached_user" in vars(request), message


def test_incorrect_lookup_parameters_redirect_to_the_whole_list() -> None:
    source = inspect.getsource(admin.ModelAdmin.changelist_view)
    assert f"except {IncorrectLookupParameters.__name__}" in source, (
        "Django's change list has changed: adapt users/admin/request_checks.py"
    )


def test_log_record_factory_can_be_replaced() -> None:
    assert callable(logging.getLogRecordFactory()), "adapt config/logging/redaction.py"
