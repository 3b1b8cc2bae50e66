"""Views and a GraphQL schema that fail in known ways. Point ``settings.ROOT_URLCONF`` here."""

import time

import strawberry
from django.contrib.auth.models import Group
from django.db import connection, transaction
from django.http import HttpRequest, HttpResponse
from django.urls import path

from schema.schema import build_schema
from schema.transport.views import GraphQLView

VALUE = "canary-4711"
# Statements that fail because of a value, which the database quotes in its message.
FAULTY_CAST = {
    "postgresql": "SELECT CAST(%s AS integer)",
    "mysql": "INSERT INTO auth_group (id, name) VALUES (%s, 'name')",
    "sqlite": "SELECT json_extract(%s, '$.a')",
}
# Much longer than any other statement takes, also on a machine that does other things.
SLEEP_SECONDS = 0.6
SLEEP = {
    "postgresql": "SELECT pg_sleep(%s)",
    "mysql": "SELECT SLEEP(%s)",
    "sqlite": "SELECT sleep(%s)",
}


def run(sql: str, *parameters: str | float) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, parameters)


def insert_twice() -> None:
    """Violate a unique constraint. The database quotes the name in its message."""
    with transaction.atomic():
        for _ in range(2):
            Group.objects.create(name=VALUE)


def sleep() -> None:
    """Run a statement with a literal, a list and a value, which takes 50 ms."""
    if connection.vendor == "sqlite":
        connection.ensure_connection()
        connection.connection.create_function("sleep", 1, time.sleep)
    run(SLEEP[connection.vendor] + " WHERE 4711 NOT IN (1, 2, 3)", SLEEP_SECONDS)


@strawberry.type
class Query:
    @strawberry.field
    def duplicate(self) -> str | None:
        insert_twice()
        return None

    @strawberry.field
    def cast(self) -> str | None:
        run(FAULTY_CAST[connection.vendor], VALUE)
        return None

    @strawberry.field
    def slow(self) -> str | None:
        sleep()
        return None


def broken(request: HttpRequest, name: str) -> HttpResponse:
    insert_twice()
    return HttpResponse()


schema = build_schema(query=Query)
urlpatterns = [
    path("graphql/", GraphQLView.as_view(schema=schema, graphql_ide=None)),
    path("broken/<str:name>", broken),
]
