"""Pages completed from columns are those completed from instances, with the same audit and SQL."""

import datetime as dt
from itertools import product
from typing import Any

import pytest
from graphql import GraphQLInt
from pytest_django import Settings

from clinic.models import Appointment, Doctor, Patient
from schema.execution import context
from tests.support.api_client import Api
from tests.support.booking import TUESDAY, book_as_patient, cancel
from tests.support.fixtures.people import offer_type
from tests.support.page_outcomes import outcome_of
from users.authentication import refresh_tokens

pytestmark = pytest.mark.django_db

# Completed from columns.
SELECTIONS = (
    "edges { node { id } }",
    "edges { node { id date time durationMinutes status reasonForVisit createdAt arrivedAt } }",
    """pageInfo { hasNextPage startCursor endCursor }
    edges { __typename again: node { __typename day: date date } node { reasonForVisit } }""",
    """edges { node {
      doctor { id specialty user { id lastName firstName } }
      patient { id dateOfBirth address user { firstName } }
      appointmentType { id name durationMinutes }
    } }""",
    "edges { node { patient { dateOfBirth } } }",
    "edges { node { patient { user { id } } doctor { __typename } } }",
    "edges { node { __typename } }",
    "edges { ... on AppointmentCursorEdge { node { ...A id @skip(if: true) } } }",
    "edges { node { date @include(if: $yes) time @include(if: $no) doctor { id } } }",
    "a: pageInfo { endCursor } edges { node { patient { id } } }",
    "edges { node @skip(if: true) { id } }",
    "edges { node { id @skip(if: true) } }",
    "edges { node { doctor { id @include(if: $no) } patient { user { id @skip(if: $yes) } } } }",
)
# Completed from instances: computed fields, cursors, lists, two lists of edges, and none.
OTHERS = (
    "edges { node { startsAt } }",
    "edges { node { cancellationReason } }",
    "edges { cursor node { id } }",
    "edges { node { history { status } } }",
    "edges { node { patient { phoneNumber } } }",
    "edges { node { id } } other: edges { node { date } }",
    "pageInfo { endCursor }",
)
FRAGMENT = "fragment A on Appointment { status patient { address } ... on Node { key: id } }"


def document_of(selection: str, arguments: str = "first: 3") -> str:
    fragment = FRAGMENT if "...A" in selection else ""
    conditions = "($yes: Boolean! = true, $no: Boolean! = false)" if "$yes" in selection else ""
    return f"query Page{conditions} {{ appointments({arguments}) {{ {selection} }} }} {fragment}"


@pytest.fixture
def appointments(ann: Patient, ben: Patient, dora: Doctor, emil: Doctor) -> None:
    """Four appointments: with and without a type, and two whose record Dora cannot read."""
    book_as_patient(ann, emil, TUESDAY, dt.time(13))
    cancelled = book_as_patient(ben, dora, TUESDAY, dt.time(9), reason_for_visit="a cough")
    cancel(ben.user, cancelled)
    offer_type(dora)
    book_as_patient(ann, dora, TUESDAY, dt.time(10), reason_for_visit="a burn")
    again = book_as_patient(ben, dora, TUESDAY, dt.time(11), reason_for_visit="a bite")
    cancel(ben.user, again)


@pytest.mark.usefixtures("appointments")
@pytest.mark.parametrize("selection", [*SELECTIONS, *OTHERS])
def test_page_by_columns_is_that_of_graphql_core_for_every_caller(
    api: Api, tokens: dict[str, str | None], settings: Settings, selection: str
) -> None:
    wrong = []
    for (name, token), arguments in product(tokens.items(), ("first: 3", "first: 1", "first: 0")):
        document = document_of(selection, arguments)
        settings.PLANNED_EXECUTION = False
        expected = outcome_of(api, document, token)
        settings.PLANNED_EXECUTION = True
        if [outcome_of(api, document, token) for _ in range(2)] != [expected] * 2:
            wrong.append((name, document))
    assert wrong == []


@pytest.mark.usefixtures("appointments")
@pytest.mark.parametrize(
    ("selection", "made"),
    [*((each, 0) for each in SELECTIONS), *((each, 3) for each in OTHERS[:-1])],
)
def test_page_by_columns_makes_no_instances(
    api: Api, dora: Doctor, monkeypatch: pytest.MonkeyPatch, selection: str, made: int
) -> None:
    rows = []
    from_db = Appointment.from_db

    def count(*args: Any) -> Any:
        rows.append(args)
        return from_db(*args)

    monkeypatch.setattr(Appointment, "from_db", count)
    api(document_of(selection), user=dora.user)
    cursors = selection.count("startCursor") + selection.count("endCursor")
    assert len(rows) == made + cursors


@pytest.mark.usefixtures("appointments")
def test_value_that_cannot_be_serialized_is_reported_at_its_field(
    api: Api, dora: Doctor, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    serialize = GraphQLInt.serialize

    def reject(value: Any) -> Any:
        if value == 30:
            raise ValueError("thirty")
        return serialize(value)

    document = document_of("edges { node { id n: durationMinutes } }")
    token = refresh_tokens.start(dora.user).access_token
    monkeypatch.setattr(GraphQLInt, "serialize", reject)
    outcomes = []
    for planned in (True, False):
        settings.PLANNED_EXECUTION = planned
        outcomes.append(outcome_of(api, document, token))
        [error] = outcomes[-1][0]["errors"]
        del error["extensions"]["requestId"]
    assert outcomes[0] == outcomes[1]
    assert error["path"] == ["appointments", "edges", 0, "node", "n"]


@pytest.mark.usefixtures("appointments")
def test_page_by_columns_is_counted_toward_the_size_of_the_response(
    api: Api, dora: Doctor, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    document = document_of("edges { node { id date doctor { id } } }")
    token = refresh_tokens.start(dora.user).access_token
    outcomes = []
    for limit, planned in product(range(20, 45), (True, False)):
        monkeypatch.setattr(context, "MAX_RESPONSE_FIELDS", limit)
        settings.PLANNED_EXECUTION = planned
        outcomes.append(outcome_of(api, document, token)[0])
    assert outcomes[::2] == outcomes[1::2]
    assert ["errors" in each for each in (outcomes[0], outcomes[-1])] == [True, False]
