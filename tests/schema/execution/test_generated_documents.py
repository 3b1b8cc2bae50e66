"""Generated documents, on values and errors of every kind, give the response of graphql-core."""

import logging
from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.contenttypes.models import ContentType
from django.db import connection, reset_queries, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st
from pytest_django import Settings

from clinic.models import AccessRecord
from schema.schema import schema as clinic_schema
from tests.schema.execution.sample import Color, Other, Query, Raised, Stranger, Thing, schema
from tests.schema.execution.test_clinic_rows import context_of
from tests.security.matrix_callers import ANN, ASA, BEN, DORA, GINA, MONA
from tests.support.booking import book_as_patient
from tests.support.both_executions import Outcome, execute_both, execute_once
from tests.support.global_ids import id_of
from tests.support.graphql_documents import CONDITIONS, Documents
from tests.support.scale import HYPOTHESIS, SCALE
from users.models import User

pytestmark = pytest.mark.usefixtures("no_log")

CALLERS = [ANN, BEN, GINA, DORA, ASA, MONA]
LITERALS = {
    "Int": ["1", "2", "3"],
    "String": ['"a"', '"Cardiology"'],
    "Boolean": ["true", "false"],
    "Date": ['"2026-03-10"'],
    "Time": ['"09:00"'],
    "DateTime": ['"2026-03-10T09:00:00+01:00"'],
    "ID": ['"VGhpbmc6YQ=="', '"malformed"'],
}
# Returned, and raised by methods.
EXCEPTIONS = st.sampled_from([ValueError("wrong"), AttributeError("absent"), KeyError("key")])
ODD: st.SearchStrategy[Any] = st.one_of(
    st.none(), EXCEPTIONS, st.sampled_from([5, "text", [], object, Stranger()])
)


@pytest.fixture
def no_log() -> Iterator[None]:
    """Turn the log off: pytest cannot report the 2 GiB that 10,000 documents with errors log."""
    logging.disable()
    yield
    logging.disable(logging.NOTSET)


def usually(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Four of five values are those of ``strategy``, the others are of any type."""
    return st.integers(0, 4).flatmap(lambda number: strategy if number else ODD)


def things(below: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    texts, lists = usually(st.just("text")), usually(st.lists(usually(below), max_size=3))
    return st.builds(
        Thing,
        name=texts,
        word=texts,
        number=usually(st.just(1)),
        color=usually(st.sampled_from(Color)),
        words=usually(st.lists(texts, max_size=3)),
        loose_words=usually(st.lists(texts, max_size=3)),
        rows=usually(st.lists(usually(st.lists(usually(st.just(1)), max_size=2)), max_size=2)),
        child=usually(below),
        required=usually(below),
        things=lists,
        loose=lists,
        named=lists,
        union=usually(below),
        hidden=st.one_of(texts, st.builds(Raised, EXCEPTIONS)),
    )


THINGS = st.recursive(st.builds(Thing) | st.builds(Other), things, max_leaves=8)
QUERIES = st.builds(
    Query, thing=usually(THINGS), strict=THINGS, things=st.lists(usually(THINGS), max_size=2)
)
DOCUMENTS = Documents(
    schema._schema,  # noqa: SLF001 - Strawberry has no public way to it
    LITERALS,
    max_depth=5,
)


@examples(HYPOTHESIS, max_examples=SCALE.documents)
@given(document=DOCUMENTS.strategy(), root=QUERIES)
def test_generated_document_on_generated_values(document: str, root: Query) -> None:
    outcome = execute_both(schema, document, variables_of(document), root=lambda: root)
    assert outcome.extensions is not None


def variables_of(document: str) -> dict[str, bool]:
    return {name: value for name, value in CONDITIONS.items() if f"${name}: " in document}


# Of errors after which further statements, or an empty page, differed.
FOUND_EARLIER = (
    '{ appointments(filters: {doctorId: "malformed"}, after: "a") { edges { node { id } } } }',
    '{ me { id accessLog(before: "a", after: "a") { pageInfo { hasNextPage } } otpEnabled } }',
    """{ doctors(first: 1) {
      edges { node { availableSlots(days: 1, moving: "malformed") { date } } } totalCount
    } }""",
    "{ appointments { edges { node @skip(if: true) { id } } } }",
)
Observed = tuple[Outcome, int, list[Any]]


def observe(document: str, user: User, *, planned: bool) -> Observed:
    """Return the outcome, the number of statements, and the audit records."""
    # Filled by the first execution, which then has more statements than the second.
    ContentType.objects.clear_cache()
    reset_queries()  # Django keeps the last 9,000 statements only
    columns = ("action", "operation", "fields", "patients", "actor")
    with transaction.atomic():
        # Starts a session, which the export contains.
        context = context_of(user)
        with CaptureQueriesContext(connection) as captured:
            outcome = execute_once(
                clinic_schema, document, variables_of(document), planned=planned, context=context
            )
        records = list(AccessRecord.objects.order_by("pk", "patients").values_list(*columns))
        transaction.set_rollback(True)
    return outcome, len(captured), records


@pytest.mark.django_db
@pytest.mark.parametrize("caller", CALLERS)
def test_generated_document_of_the_clinic(
    caller: str, callers: dict[str, User], settings: Settings
) -> None:
    """Queries of each kind of caller, with the IDs of existing and of foreign objects."""
    settings.MAX_QUERY_COST = 10**9
    # The sixth export of a day would be rejected.
    settings.RATE_LIMIT_ENABLED = settings.RATELIMIT_ENABLE = False
    ann, dora = callers[ANN], callers[DORA]
    booked = book_as_patient(ann.patient, dora.doctor)
    rows = [ann.patient, dora.doctor, callers[BEN].patient, booked]
    ids = [f'"{id_of(row)}"' for row in rows]
    documents = Documents(
        clinic_schema._schema,  # noqa: SLF001 - Strawberry has no public way to it
        {**LITERALS, "ID": [*ids, '"malformed"']},
        max_depth=5,
    )

    @examples(HYPOTHESIS, max_examples=SCALE.documents // len(CALLERS))
    @given(document=documents.strategy())
    def compare(document: str) -> None:
        expected = observe(document, callers[caller], planned=False)
        found = observe(document, callers[caller], planned=True)
        assert found == expected, f"{document}\n{found}\n{expected}"

    compare()


@pytest.mark.django_db
@pytest.mark.parametrize("document", FOUND_EARLIER)
@pytest.mark.parametrize("caller", CALLERS)
def test_document_found_earlier_of_the_clinic(
    caller: str, document: str, callers: dict[str, User]
) -> None:
    book_as_patient(callers[ANN].patient, callers[DORA].doctor)
    expected = observe(document, callers[caller], planned=False)
    assert observe(document, callers[caller], planned=True) == expected
