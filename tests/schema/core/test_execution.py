"""The fast path returns exactly what graphql-core returns, in the same order."""

import asyncio
from typing import Any, cast

import pytest
import strawberry
from django.db import connection
from django.http import HttpResponse
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext
from graphql import GraphQLObjectType
from pytest_django import Settings
from strawberry.schema.config import StrawberryConfig
from strawberry_django.optimizer import DjangoOptimizerExtension

from clinic import models
from schema.appointments.types import Appointment
from schema.core.context import Context
from schema.core.execution import FAST_RESOLVER_KEY
from schema.core.pagination import MAX_PAGE
from schema.core.scalars import SCALARS
from schema.schema import Mutation, Query, build_schema, schema
from tests.schema.test_query_counts import LISTS
from tests.support.booking import book_as_patient
from tests.support.bulk_data import create_bulk_data
from users.authentication import refresh_tokens
from users.authentication.middleware import RequestAuth

# The libraries' execution context, without the fast path.
the_long_way = strawberry.Schema(
    query=Query,
    mutation=Mutation,
    extensions=[DjangoOptimizerExtension],
    config=StrawberryConfig(relay_max_results=MAX_PAGE, scalar_map=SCALARS),
)
MIXED = """{
  appointments(first: 2) {
    pageInfo { endCursor hasNextPage startCursor }
    edges {
      node {
        doctor { phoneNumber id name: specialty }
        __typename
        day: date
        history { status }
        id
        again: id
        endsAt
        ... on Node { id }
        cancellationReason
        patient @include(if: false) { id }
      }
      cursor
    }
  }
}"""


@strawberry.type
class Promise:
    """Values for which graphql-core reports an error."""

    broken: str | None
    kept: str = "kept"

    @strawberry.field
    async def later(self) -> str:
        return "later"

    @strawberry.field
    def word(self) -> str:
        if self.broken is None:
            raise ValueError
        return self.broken


@strawberry.type
class Oddities:
    @strawberry.field
    def promises(self) -> list[Promise | None]:
        return [Promise(broken="no"), Promise(broken=None)]

    @strawberry.field
    def half_loaded(self) -> list[Appointment]:
        return cast("list[Appointment]", list(models.Appointment.objects.only("pk")))


oddities = build_schema(query=Oddities)


def context_of(user: Any) -> Context:
    request: Any = RequestFactory().post("/graphql/")
    request.token_user = RequestAuth(f"Bearer {refresh_tokens.start(user).access_token}")
    return Context(request=request, response=HttpResponse())


@pytest.mark.django_db
def test_fast_path_returns_the_result_of_graphql_core(settings: Settings) -> None:
    settings.MAX_QUERY_COST = 10**9
    bulk_data = create_bulk_data(5)
    documents = [MIXED, *(f"{{ answer: {field} }}" for field, _ in LISTS.values())]
    for document in documents:
        short, long = (
            each.execute_sync(document, context_value=context_of(bulk_data.dora.user))
            for each in (schema, the_long_way)
        )
        assert long.errors is None
        assert repr(short.data) == repr(long.data)


def test_fast_path_is_used_for_plain_columns() -> None:
    short = {name: _shortened(name) for name in ("Appointment", "Person", "PageInfo", "Slot")}
    assert short == {
        "Appointment": {
            *("id", "date", "time", "durationMinutes", "startsAt", "endsAt", "status"),
            *("reasonForVisit", "cancellationReason", "createdAt", "updatedAt"),
        },
        # `email` and `avatarUrl` depend on the caller.
        "Person": {"id", "firstName", "lastName"},
        "PageInfo": {"hasNextPage", "hasPreviousPage", "startCursor", "endCursor"},
        "Slot": {"date", "time", "durationMinutes", "startsAt", "endsAt"},
    }


def _shortened(type_name: str) -> set[str]:
    type_ = schema._schema.type_map[type_name]  # noqa: SLF001 - Strawberry has no public way to it
    assert isinstance(type_, GraphQLObjectType)
    return {name for name, field in type_.fields.items() if FAST_RESOLVER_KEY in field.extensions}


@pytest.mark.django_db
def test_fast_path_falls_back_for_a_deferred_column(
    ann: models.Patient, dora: models.Doctor
) -> None:
    appointment = book_as_patient(ann, dora)
    with CaptureQueriesContext(connection) as captured:
        answer = oddities.execute_sync("{ halfLoaded { id date createdAt } }")
    assert answer.errors is None
    assert answer.data == {
        "halfLoaded": [
            {
                "id": strawberry.relay.to_base64("Appointment", appointment.pk),
                "date": appointment.date.isoformat(),
                "createdAt": appointment.created_at.isoformat(),
            }
        ]
    }
    assert len(captured) == 3


def test_fast_path_reports_a_null_in_a_non_null_field_at_its_path() -> None:
    answer = oddities.execute_sync("{ promises { broken word kept } }")
    assert answer.data == {"promises": [{"broken": "no", "word": "no", "kept": "kept"}, None]}
    assert [(error.path, error.extensions) for error in answer.errors or ()] == [
        (["promises", 1, "word"], {"code": "INTERNAL_SERVER_ERROR", "requestId": ""})
    ]


def test_fast_path_keeps_the_order_of_awaitable_fields() -> None:
    answer: Any = asyncio.run(oddities.execute("{ promises { kept later broken } }"))
    assert repr(answer.data) == repr(
        {
            "promises": [
                {"kept": "kept", "later": "later", "broken": "no"},
                {"kept": "kept", "later": "later", "broken": None},
            ]
        }
    )
