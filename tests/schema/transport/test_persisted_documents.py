"""Persisted documents: automatic persisted queries and registered documents."""

import json
from collections.abc import Mapping
from typing import Any

import pytest
from django.test import Client, override_settings
from pytest_django import Settings

from tests.contract.documents import sha256_of
from tests.support.graphql_responses import Response, http_error

JSON = "application/json"
RESPONSE = "application/graphql-response+json"
HELLO = "{ hello }"
HELLOS = {"data": {"hello": "hello"}, "extensions": {"cost": 1}}
NOT_FOUND = ("PERSISTED_QUERY_NOT_FOUND", "PersistedQueryNotFound")
NOT_IN_LIST = (
    "PERSISTED_QUERY_NOT_IN_LIST",
    "This document is not registered on the server.",
)


@pytest.fixture(autouse=True)
def _probe(settings: Settings) -> None:
    settings.ROOT_URLCONF = "tests.support.schema_app"


def persisted_query(name: str, version: object = 1) -> dict[str, Any]:
    """Return the extension with which Apollo Client sends the hash of a document."""
    return {"extensions": {"persistedQuery": {"version": version, "sha256Hash": name}}}


def post(accept: str = JSON, **body: object) -> Response:
    return Client().post("/graphql/", body, content_type=JSON, headers={"Accept": accept})


def get(**params: object) -> Response:
    return Client().get("/graphql/", as_query(params), headers={"Accept": JSON})


def as_query(params: Mapping[str, object]) -> dict[str, str]:
    return {
        key: value if isinstance(value, str) else json.dumps(value) for key, value in params.items()
    }


def store(document: str) -> Response:
    return post(query=document, **persisted_query(sha256_of(document)))


@pytest.mark.parametrize("send", [post, get])
def test_persisted_document_is_stored_when_sent_with_its_hash(send: Any) -> None:
    assert http_error(send(**persisted_query(sha256_of(HELLO)))) == (200, *NOT_FOUND)
    assert send(query=HELLO, **persisted_query(sha256_of(HELLO))).json() == HELLOS
    assert send(**persisted_query(sha256_of(HELLO))).json() == HELLOS


def test_persisted_document_stored_by_post_is_found_by_get() -> None:
    store(HELLO)
    assert get(**persisted_query(sha256_of(HELLO))).json() == HELLOS


def test_persisted_document_not_found_has_status_400_in_graphql_response() -> None:
    assert http_error(post(RESPONSE, **persisted_query(sha256_of(HELLO)))) == (400, *NOT_FOUND)


@pytest.mark.parametrize("prefix", ["", "sha256:"])
def test_document_id_is_equivalent_to_the_hash(prefix: str) -> None:
    store(HELLO)
    assert post(documentId=prefix + sha256_of(HELLO)).json() == HELLOS
    assert get(documentId=prefix + sha256_of(HELLO)).json() == HELLOS


def test_persisted_document_accepts_variables_and_operation_name() -> None:
    document = "query A { hello } query B($n: Int!) { hello(times: $n) }"
    post(query=document, operationName="A", **persisted_query(sha256_of(document)))
    answer = post(
        operationName="B", variables={"n": 2}, **persisted_query(sha256_of(document))
    ).json()
    assert answer == {"data": {"hello": "hellohello"}, "extensions": {"cost": 1}}


def test_persisted_document_with_wrong_hash_is_not_stored() -> None:
    assert http_error(post(query="{ hello(times: 2) }", **persisted_query(sha256_of(HELLO)))) == (
        400,
        "BAD_USER_INPUT",
        "`sha256Hash` does not match `query`.",
    )
    assert http_error(post(**persisted_query(sha256_of(HELLO)))) == (200, *NOT_FOUND)


@pytest.mark.parametrize("version", [2, None, "1"])
def test_persisted_query_rejects_other_versions(version: object) -> None:
    assert http_error(post(query=HELLO, **persisted_query(sha256_of(HELLO), version))) == (
        200,
        "PERSISTED_QUERY_NOT_SUPPORTED",
        "PersistedQueryNotSupported",
    )


@pytest.mark.parametrize("name", ["", "abc", "G" * 64, sha256_of(HELLO).upper(), 5, None])
def test_persisted_query_rejects_a_malformed_hash(name: Any) -> None:
    assert http_error(post(**persisted_query(name))) == (
        400,
        "BAD_USER_INPUT",
        "`sha256Hash` must be a SHA-256: 64 hexadecimal digits in lower case.",
    )


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"documentId": 5}, "`documentId` must be a string or null."),
        ({"extensions": {"persistedQuery": 5}}, "`persistedQuery` must be an object or null."),
        ({"extensions": {"persistedQuery": None}}, "The request has no `query`."),
    ],
)
def test_persisted_query_rejects_a_malformed_extension(body: dict[str, Any], message: str) -> None:
    assert http_error(post(**body)) == (400, "BAD_USER_INPUT", message)


@pytest.mark.parametrize("document", ["{ hello ", "{ goodbye }", "{ hello " + "#" * 16_000 + "\n}"])
def test_invalid_or_long_document_is_not_stored(document: str) -> None:
    store(document)
    assert http_error(post(**persisted_query(sha256_of(document)))) == (200, *NOT_FOUND)


def test_persisted_mutation_is_rejected_by_get() -> None:
    document = "mutation { poke }"
    assert store(document).json() == post(**persisted_query(sha256_of(document))).json()
    assert http_error(get(**persisted_query(sha256_of(document)))) == (
        405,
        "BAD_USER_INPUT",
        "A mutation must be sent by POST.",
    )


def test_query_limits_apply_to_persisted_documents(settings: Settings) -> None:
    store(HELLO)
    settings.MAX_QUERY_COST = 0
    assert post(**persisted_query(sha256_of(HELLO))).json()["errors"] == [
        {
            "message": "Query exceeds the limit of 0 cost points (found 1).",
            "extensions": {"code": "QUERY_TOO_COMPLEX"},
        }
    ]


def test_store_document_is_rate_limited_per_client_ip() -> None:
    documents = [f"{{ hello(times: {n}) }}" for n in range(301)]
    for document in documents:
        store(document)
    assert post(**persisted_query(sha256_of(documents[299]))).status_code == 200
    assert http_error(post(**persisted_query(sha256_of(documents[300])))) == (200, *NOT_FOUND)


def test_persisted_document_is_executed_while_the_cache_is_unavailable() -> None:
    away = {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": "redis://[::1]:1"}
    with override_settings(CACHES={"default": away, "documents": away}):
        assert http_error(post(**persisted_query(sha256_of(HELLO)))) == (200, *NOT_FOUND)
        assert store(HELLO).json() == HELLOS


def test_get_with_hash_from_a_browser_does_not_render_graphiql() -> None:
    store(HELLO)
    for params in ({"documentId": sha256_of(HELLO)}, persisted_query(sha256_of(HELLO))):
        headers = {"Accept": "text/html,*/*;q=0.8"}
        response = Client().get("/graphql/", as_query(params), headers=headers)
        assert json.loads(response.content) == HELLOS


@pytest.fixture
def _trusted(settings: Settings) -> None:
    settings.TRUSTED_DOCUMENTS = {sha256_of(HELLO): HELLO}


@pytest.mark.usefixtures("_trusted")
class TestTrustedDocuments:
    @pytest.mark.parametrize(
        "body",
        [
            persisted_query(sha256_of(HELLO)),
            {"documentId": sha256_of(HELLO)},
            {"documentId": f"sha256:{sha256_of(HELLO)}"},
            {"query": HELLO},
            # like Apollo Client over WebSocket, which formats documents its own way
            {"query": "{\n  hello\n}", **persisted_query(sha256_of(HELLO))},
        ],
    )
    @pytest.mark.parametrize("send", [post, get])
    def test_registered_document_is_executed(self, send: Any, body: dict[str, Any]) -> None:
        assert send(**body).json() == HELLOS

    @pytest.mark.parametrize(
        "body",
        [
            {"query": "{ hello(times: 2) }"},
            {"query": "{ hello } "},
            {"query": "{ __schema { types { name } } }"},
            {"query": "{ hello "},
            {"query": "{ goodbye }", **persisted_query(sha256_of("{ goodbye }"))},
            {"query": HELLO, **persisted_query(sha256_of("{ goodbye }"))},
            persisted_query(sha256_of("{ goodbye }")),
        ],
    )
    @pytest.mark.parametrize("send", [post, get])
    def test_registered_documents_only_reject_other_documents(
        self, send: Any, body: dict[str, Any]
    ) -> None:
        assert http_error(send(**body)) == (200, *NOT_IN_LIST)
        assert http_error(post(RESPONSE, **body)) == (400, *NOT_IN_LIST)

    def test_registered_documents_only_store_no_other_document(self, settings: Settings) -> None:
        store("{ hello(times: 2) }")
        settings.TRUSTED_DOCUMENTS = None
        assert http_error(post(**persisted_query(sha256_of("{ hello(times: 2) }")))) == (
            200,
            *NOT_FOUND,
        )

    def test_request_without_document_is_a_bad_request(self) -> None:
        assert http_error(post()) == (400, "BAD_USER_INPUT", "The request has no `query`.")

    def test_graphiql_is_not_served_with_registered_documents_only(self) -> None:
        response = Client().get("/graphql/", headers={"Accept": "text/html,*/*;q=0.8"})
        assert http_error(response) == (400, "BAD_USER_INPUT", "The request has no `query`.")
