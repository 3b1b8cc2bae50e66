"""A small schema served by the project's view, to test the engine without the clinic's types.

Point ``settings.ROOT_URLCONF`` here to use it.
"""

import datetime as dt
from typing import cast

import strawberry
import strawberry_django
from django.core.files.uploadedfile import UploadedFile
from django.db.models import QuerySet
from django.urls import path
from strawberry import relay
from strawberry.file_uploads import Upload

from schema.core.errors import CodedError, ErrorCode
from schema.core.global_ids import global_id_to_pk
from schema.core.pagination import CursorConnection
from schema.schema import build_schema
from schema.transport.views import GraphQLView
from users.models import User


@strawberry_django.type(User)
class Account(relay.Node):
    first_name: str


def by_first_name() -> QuerySet[User]:
    return User.objects.order_by("first_name")


@strawberry.type
class Query:
    @strawberry.field
    def broken(self) -> str:
        raise RuntimeError("SELECT diagnosis FROM patient")

    @strawberry.field
    def broken_or_null(self) -> str | None:
        raise RuntimeError("SELECT diagnosis FROM patient")

    @strawberry.field
    def unauthenticated(self) -> str:
        raise CodedError(ErrorCode.UNAUTHENTICATED, "Sign in first.")

    @strawberry.field
    def limited(self) -> str:
        raise CodedError(ErrorCode.RATE_LIMITED, "Too many attempts.", retryAfter=30)

    @strawberry.field
    def unprintable(self) -> int:
        return 2**40

    @strawberry.field
    def date(self, of: dt.date) -> dt.date:
        return of

    @strawberry.field
    def time(self, of: dt.time) -> dt.time:
        return of

    @strawberry.field
    def moment(self, of: dt.datetime) -> dt.datetime:
        return of

    @strawberry.field
    def pk(self, id: relay.GlobalID) -> str | None:
        pk = global_id_to_pk(id, of=Account)
        return None if pk is None else str(pk)

    @strawberry.field
    def hello(self, times: int = 1) -> str:
        return "hello" * times

    @strawberry.field
    def size(self, of: Upload) -> int:
        return len(cast("UploadedFile[bytes]", of).read())

    accounts: CursorConnection[Account] = strawberry_django.connection(resolver=by_first_name)


@strawberry.type
class Mutation:
    @strawberry.mutation
    def poke(self) -> bool:
        return True


schema = build_schema(query=Query, mutation=Mutation)
urlpatterns = [path("graphql/", GraphQLView.as_view(schema=schema, graphql_ide=None))]
