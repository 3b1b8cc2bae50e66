"""Documents with passwords written into them are answered, and kept in no cache."""

import pytest
from django.core.cache import caches
from django.test import Client

from schema.extensions.document_cache import _parse_and_cache
from tests.contract.documents import sha256_of
from tests.support.graphql_responses import error_code

pytestmark = pytest.mark.django_db

LITERAL = 'mutation { tokenAuth(email: "a@example.org", password: "open sesame") { token } }'
DOCUMENTS = [
    LITERAL,
    LITERAL.replace('"open sesame"', '"""open sesame"""'),
    'query ($id: ID! = "open sesame") { doctor(id: $id) { id } }',
    '{ doctors(filters: { specialty: { inList: ["open sesame"] } }) { totalCount } }',
    '{ clinic { today @include(if: true) } } # "open sesame"',
]


def send(**body: object) -> dict[str, object]:
    answer: dict[str, object] = Client().post("/graphql/", body, "application/json").json()
    return answer


@pytest.mark.parametrize("document", DOCUMENTS)
def test_persisted_document_with_a_password_is_answered_and_not_stored(document: str) -> None:
    persisted = {"persistedQuery": {"version": 1, "sha256Hash": sha256_of(document)}}
    answer = send(query=document, extensions=persisted)
    assert answer == send(query=document)
    assert error_code(send(extensions=persisted)) == "PERSISTED_QUERY_NOT_FOUND"
    assert caches["documents"].get(sha256_of(document)) is None


def test_persisted_document_without_literals_is_stored() -> None:
    """Negative control: the protocol works for documents with variables."""
    document = "{ clinic { today @include(if: true) } }"
    persisted = {"persistedQuery": {"version": 1, "sha256Hash": sha256_of(document)}}
    answer = send(query=document, extensions=persisted)
    assert "errors" not in answer
    assert send(extensions=persisted) == answer


def test_document_with_a_password_is_not_kept_in_memory() -> None:
    _parse_and_cache.cache_clear()
    send(query=LITERAL)
    assert _parse_and_cache.cache_info().currsize == 0
    send(query="{ clinic { today } }")
    assert _parse_and_cache.cache_info().currsize == 1
