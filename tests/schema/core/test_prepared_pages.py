"""Prepared first pages have the rows, the errors, the audit and the SQL of the resolver."""

import datetime as dt
from itertools import product
from typing import Any

import pytest
from django.db.models.sql.compiler import SQLCompiler
from pytest_django import Settings
from time_machine import Traveller

from clinic.models import Doctor, Patient
from tests.security.matrix_callers import ANN, ASA, CARL, DORA, RITA, UNAUTHENTICATED
from tests.support.api_client import Api
from tests.support.booking import TUESDAY, book_as_patient, write
from tests.support.fixtures.people import make_patient
from tests.support.global_ids import id_of
from tests.support.page_outcomes import outcome_of
from tests.support.scale import SCALE
from users.authentication import refresh_tokens
from users.models import User

pytestmark = pytest.mark.django_db

NODE = """node {
  id date time status reasonForVisit cancellationReason
  doctor { id user { id firstName } } patient { id dateOfBirth user { lastName } }
}"""
SELECTIONS = (
    f"pageInfo {{ hasNextPage hasPreviousPage startCursor endCursor }} edges {{ cursor {NODE} }}",
    f"pageInfo {{ endCursor }} edges {{ {NODE} }}",
    f"edges {{ {NODE} }}",
    "pageInfo { hasNextPage }",
    f"totalCount edges {{ {NODE} }}",
    "totalCount",
    "__typename",
    # History is loaded by a query of its own.
    "edges { node { id history { status } } }",
)
# With a cursor, `hasPreviousPage` takes SQL of its own.
AFTER = (
    f"pageInfo {{ hasNextPage startCursor endCursor }} edges {{ cursor {NODE} }}",
    f"pageInfo {{ hasPreviousPage }} edges {{ {NODE} }}",
    "edges { node { id } }",
)
WITH_AFTER = (
    "",
    ", ordering: [{ date: ASC }, { time: ASC }, { createdAt: ASC }]",
    ', filters: { date: { exact: "2026-03-03" } }',
)
ARGUMENTS = (
    "",
    "(first: 0)",
    "(first: 2)",
    "(first: 100)",
    "(first: 101)",
    "(first: -1)",
    "(last: 1)",
    "(first: 2, last: 1)",
    '(first: 1, after: "x")',
    "(first: 1, ordering: [{ date: DESC }])",
    "(first: 2, ordering: [{ date: DESC }, { time: DESC }])",
    "(first: 2, ordering: [{ createdAt: ASC, date: DESC }])",
    f"(ordering: [{' '.join(['{ date: ASC }'] * 11)}])",
    "(filters: { status: { exact: CONFIRMED } })",
    "(filters: { status: { inList: [CONFIRMED, PENDING] } }, ordering: [{ time: DESC }])",
    "(filters: { status: { inList: [] } })",
    f"(filters: {{ status: {{ inList: [{', '.join(['PENDING'] * 101)}] }} }})",
    '(first: 2, filters: { date: { exact: "2026-03-03" } })',
    '(first: 2, filters: { date: { exact: "2026-03-04" } })',
    '(first: 2, filters: { date: { range: { start: "2026-03-03", end: "2026-03-09" } } })',
    '(first: 2, filters: { date: { gte: "2026-03-09", lt: "2026-03-03" } })',
    '(filters: { doctorId: "RG9jdG9yOjE=" })',
    '(filters: { patientId: "RG9jdG9yOjE=" })',
    '(filters: { doctorId: "x" })',
    "(filters: {})",
    "(filters: { date: null, status: { exact: null } })",
    "(first: 1, filters: null, ordering: [], after: null)",
    "(first: 1, filters: null, ordering: null)",
)
# Carl is a doctor who cannot read the record of the patient.
ONE_OF_EACH_ROLE = {UNAUTHENTICATED, ANN, DORA, CARL, ASA, RITA}


@pytest.fixture
def appointments(ann: Patient, ben: Patient, dora: Doctor, emil: Doctor) -> None:
    """Three appointments of Dora's, one of them with another patient, and one of Emil's."""
    for hour in (9, 10):
        book_as_patient(ann, dora, TUESDAY, dt.time(hour), reason_for_visit="a cough")
    book_as_patient(ben, dora, TUESDAY, dt.time(11))
    book_as_patient(ann, emil, TUESDAY, dt.time(13))


def cursors(api: Api, tokens: dict[str, str | None]) -> list[str]:
    """Return the cursors of Dora's appointments."""
    response = api("{ appointments { edges { cursor } } }", token=tokens[DORA])
    return [edge["cursor"] for edge in response["data"]["appointments"]["edges"]]


@pytest.mark.usefixtures("appointments")
def test_page_is_that_of_the_resolver_for_every_caller(
    api: Api, tokens: dict[str, str | None], settings: Settings
) -> None:
    settings.RATE_LIMIT_ENABLED = False
    wrong = []
    pages = {(SELECTIONS[0], arguments) for arguments in ARGUMENTS}
    pages |= {(selection, "(first: 2)") for selection in SELECTIONS}
    after = cursors(api, tokens)
    pages |= {
        (selection, f'(first: 2, after: "{each}"{others})')
        for selection, each, others in product(AFTER, after[:2], WITH_AFTER)
    }
    callers = tokens.keys() if SCALE.all_callers else ONE_OF_EACH_ROLE
    requests = [
        (name, token, f"{{ appointments{arguments} {{ {selection} }} }}")
        for (name, token), (selection, arguments) in product(tokens.items(), sorted(pages))
        # Everybody asks for each selection.
        if name in callers or arguments == "(first: 2)"
    ]
    settings.PLANNED_EXECUTION = False
    resolved = [outcome_of(api, document, token) for _, token, document in requests]
    settings.PLANNED_EXECUTION = True
    for (name, token, document), expected in zip(requests, resolved, strict=True):
        # The first time it is compiled, the second time only filled in.
        if [outcome_of(api, document, token) for _ in range(2)] != [expected] * 2:
            wrong.append((name, document))
    assert wrong == []


@pytest.mark.usefixtures("appointments")
def test_second_page_request_compiles_no_query(
    api: Api, dora: Doctor, monkeypatch: pytest.MonkeyPatch
) -> None:
    compiled = []
    compile_query = SQLCompiler.as_sql

    def count(self: Any, *args: Any, **kwargs: Any) -> Any:
        compiled.append(self.query)
        return compile_query(self, *args, **kwargs)

    document = f"{{ appointments(first: 2) {{ {SELECTIONS[0]} }} }}"
    first = api(document, user=dora.user)
    monkeypatch.setattr(SQLCompiler, "as_sql", count)
    token = refresh_tokens.start(dora.user).access_token
    compiled.clear()
    assert api(document, token=token) == first
    assert compiled == []


def test_page_follows_the_end_of_access_and_its_setting(
    api: Api, ann: Patient, dora: Doctor, clock: Traveller, settings: Settings
) -> None:
    settings.PATIENT_ACCESS_DAYS = 30
    appointment = book_as_patient(ann, dora, TUESDAY, reason_for_visit="a cough")
    document = "{ appointments(first: 1) { edges { node { id reasonForVisit } } } }"

    def reason() -> Any:
        response = api(document, user=dora.user)
        [edge] = response["data"]["appointments"]["edges"]
        assert edge["node"]["id"] == id_of(appointment)
        return edge["node"]["reasonForVisit"]

    clock.move_to(dt.datetime.combine(TUESDAY + dt.timedelta(days=30), dt.time(12), dt.UTC))
    assert reason() == "a cough"
    clock.shift(dt.timedelta(days=1))
    assert reason() == ""
    settings.PATIENT_ACCESS_DAYS = 0
    assert reason() == "a cough"


def test_page_follows_the_roles_of_the_caller(api: Api, ann: Patient, dora: Doctor) -> None:
    book_as_patient(ann, dora)
    document = "{ appointments(first: 5) { edges { node { id } } } }"

    def count(user: User) -> int:
        user.refresh_from_db()
        return len(api(document, user=user)["data"]["appointments"]["edges"])

    nobody = make_patient("Nora").user
    assert [count(ann.user), count(dora.user), count(nobody)] == [1, 1, 0]
    write(dora.user, is_doctor=False)
    assert count(dora.user) == 0
    write(dora.user, is_patient=True)
    assert count(dora.user) == 0
    write(dora.user, is_doctor=True)
    assert count(dora.user) == 1
