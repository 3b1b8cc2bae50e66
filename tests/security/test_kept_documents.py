"""Documents that are kept after their request contain no string literals, such as passwords."""

import hashlib
from typing import Any

import pytest
from django.core.cache import caches

from clinic.models import Patient
from schema.extensions.document_cache import parse_cached
from schema.schema import schema
from tests.support.api_client import Api
from tests.support.fixtures.people import PASSWORD
from tests.support.graphql_responses import Response, error_result
from users.authentication import refresh_tokens
from users.models import User

core = schema._schema  # noqa: SLF001 - Strawberry has no public way to it
NOT_FOUND = error_result("PERSISTED_QUERY_NOT_FOUND", "PersistedQueryNotFound")
# A query for each place of a document where a string literal can stand.
WITH_LITERALS = {
    "argument": '{ node(id: "VXNlcjow") { id } }',
    "block string": '{ node(id: """VXNlcjow""") { id } }',
    "object": '{ doctors(filters: {search: "x"}) { totalCount } }',
    "list": '{ doctors(filters: {specialty: {inList: ["x"]}}) { totalCount } }',
    "default": 'query Q($text: String = "x") { doctors(filters: {search: $text}) { totalCount } }',
}
INVALID = {"directive": '{ clinic { today @include(if: "x") } }'}


def send(api: Api, document: str, *, text: bool, user: User | None = None) -> Any:
    """Send the document with its hash, or the hash alone."""
    headers = {"Authorization": f"JWT {refresh_tokens.start(user).access_token}"} if user else {}
    digest = hashlib.sha256(document.encode()).hexdigest()
    extensions = {"persistedQuery": {"version": 1, "sha256Hash": digest}}
    body = {"extensions": extensions} | ({"query": document} if text else {})
    response: Response = api.client.post(
        "/graphql/", body, content_type="application/json", headers=headers
    )
    return response.json()


def test_password_in_a_persisted_mutation_is_not_kept(api: Api, ann: Patient) -> None:
    document = (
        "mutation SignIn { tokenAuth("
        f'email: "{ann.user.email}", password: "{PASSWORD}") {{ user {{ email }} }} }}'
    )
    assert send(api, document, text=True)["data"] == {
        "tokenAuth": {"user": {"email": ann.user.email}}
    }
    assert send(api, document, text=False) == NOT_FOUND
    kept = caches["documents"]._cache.values()  # type: ignore[attr-defined]  # noqa: SLF001 - local memory has no public list
    assert [value for value in kept if PASSWORD.encode() in value] == []


@pytest.mark.parametrize("document", WITH_LITERALS.values(), ids=WITH_LITERALS)
def test_persisted_query_with_a_string_literal_is_not_kept(
    api: Api, ann: Patient, document: str
) -> None:
    assert "errors" not in send(api, document, text=True, user=ann.user)
    assert send(api, document, text=False, user=ann.user) == NOT_FOUND


def test_persisted_query_with_variables_is_kept(api: Api, ann: Patient) -> None:
    document = "query Q($text: String) { doctors(filters: {search: $text}) { totalCount } }"
    answer = {"data": {"doctors": {"totalCount": 0}}, "extensions": {"cost": 2}}
    answers = [send(api, document, text=text, user=ann.user) for text in (True, False)]
    assert answers == [answer] * 2


def test_document_of_an_earlier_release_is_not_executed(api: Api) -> None:
    document = "{ clinic { today } }"
    digest = hashlib.sha256(document.encode()).hexdigest()
    caches["documents"].set(digest, document)
    assert send(api, document, text=False) == NOT_FOUND


@pytest.mark.parametrize("document", (WITH_LITERALS | INVALID).values())
def test_parsed_document_with_a_string_literal_is_not_cached(document: str) -> None:
    assert parse_cached(core, document) is not parse_cached(core, document)


def test_parsed_document_without_string_literals_is_cached() -> None:
    document = "{ clinic { today } }"
    assert parse_cached(core, document) is parse_cached(core, document)
