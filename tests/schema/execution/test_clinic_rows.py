"""Rows of the clinic give the response of graphql-core, also if they are not fully loaded."""

from typing import Any, cast

import pytest
import strawberry
from django.db import connection
from django.http import HttpResponse
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from clinic import models
from schema.appointments.types import Appointment
from schema.core.context import Context
from schema.schema import build_schema, schema
from tests.schema.test_query_counts import LISTS
from tests.support.booking import book_as_patient
from tests.support.both_executions import execute_both
from tests.support.bulk_data import create_bulk_data
from users.authentication import refresh_tokens
from users.authentication.middleware import RequestAuth

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
class HalfLoaded:
    @strawberry.field
    def half_loaded(self) -> list[Appointment]:
        return cast("list[Appointment]", list(models.Appointment.objects.only("pk")))


half_loaded = build_schema(query=HalfLoaded)


def context_of(user: Any) -> Context:
    request: Any = RequestFactory().post("/graphql/")
    request.token_user = RequestAuth(f"Bearer {refresh_tokens.start(user).access_token}")
    return Context(request=request, response=HttpResponse())


@pytest.mark.django_db
def test_lists_of_the_clinic_are_those_of_graphql_core(settings: Settings) -> None:
    settings.MAX_QUERY_COST = 10**9
    user = create_bulk_data(5).dora.user
    for document in (MIXED, *(f"{{ answer: {field} }}" for field, _ in LISTS.values())):
        outcome = execute_both(schema, document, context=lambda: context_of(user))
        assert (outcome.errors, outcome.data is None) == ([], False)


# For each document, the path of the error: the optimizer of lists reads the conditions below them.
AUDITED: dict[str, list[str | int]] = {
    "query ($show: Boolean = true) { appointments { edges { node { id patient {"
    " dateOfBirth @include(if: $show) } } } } }": ["appointments"],
    "query ($show: Boolean = true) { me { id patient { address @skip(if: $show) } } }": [
        "me",
        "patient",
    ],
}


@pytest.mark.django_db
@pytest.mark.parametrize("document", AUDITED)
def test_condition_that_is_null_is_an_error_of_the_audited_object(
    document: str, ann: models.Patient, dora: models.Doctor
) -> None:
    book_as_patient(ann, dora)
    outcome = execute_both(schema, document, {"show": None}, context=lambda: context_of(ann.user))
    assert [path for path, _ in outcome.causes] == [AUDITED[document]]


@pytest.mark.django_db
def test_deferred_column_is_loaded(ann: models.Patient, dora: models.Doctor) -> None:
    appointment = book_as_patient(ann, dora)
    with CaptureQueriesContext(connection) as captured:
        answer = half_loaded.execute_sync("{ halfLoaded { id date createdAt } }")
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
