"""GraphQL over HTTP: statuses, media types, and requests that are rejected before execution."""

import io
import json
from collections.abc import Mapping
from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from tests.support.graphql_responses import Response, http_error

JSON = "application/json"
RESPONSE = "application/graphql-response+json"
HELLO = {"query": "{ hello }"}


@pytest.fixture(autouse=True)
def _probe(settings: Settings) -> None:
    settings.ROOT_URLCONF = "tests.support.schema_app"


def post(body: object, accept: str | None = None, content_type: str = JSON) -> Response:
    headers = {} if accept is None else {"Accept": accept}
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Client().generic("POST", "/graphql/", content, content_type, headers=headers)


def get(params: Mapping[str, str], accept: str = JSON) -> Response:
    return Client().get("/graphql/", params, headers={"Accept": accept})


@pytest.mark.parametrize("path", ["/graphql", "/graphql/"])
def test_view_accepts_the_url_with_and_without_slash(settings: Settings, path: str) -> None:
    settings.ROOT_URLCONF = "config.urls"
    body = {"query": "{ clinic { timeZone } }"}
    response = Client().post(path, body, content_type=JSON)
    assert (response.status_code, response.json()) == (
        200,
        {"data": {"clinic": {"timeZone": "Europe/Berlin"}}, "extensions": {"cost": 2}},
    )


@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        (None, JSON),
        ("", JSON),
        (" ", JSON),
        (" , ", JSON),
        ("*/*", JSON),
        ("application/*", JSON),
        (JSON, JSON),
        (RESPONSE, RESPONSE),
        (f"{RESPONSE}, {JSON};q=0.9", RESPONSE),
        (f"{RESPONSE},{JSON}", RESPONSE),
        (f"{JSON}, {RESPONSE}", JSON),
        (f"{JSON}, {RESPONSE};q=0.5", JSON),
        (f"{RESPONSE};charset=utf-8", RESPONSE),
        # urql, and Apollo Client with @defer, accept streams too
        (f"{RESPONSE}, application/graphql+json, {JSON}, text/event-stream", RESPONSE),
        (f"multipart/mixed;deferSpec=20220824, {JSON}", JSON),
    ],
)
def test_view_uses_the_preferred_media_type(accept: str | None, media_type: str) -> None:
    response = post(HELLO, accept)
    assert (response.status_code, response["Content-Type"], json.loads(response.content)) == (
        200,
        f"{media_type}; charset=utf-8",
        {"data": {"hello": "hello"}, "extensions": {"cost": 1}},
    )


@pytest.mark.parametrize(
    "accept",
    [
        *("text/event-stream", "multipart/mixed;subscriptionSpec=1.0", "text/plain"),
        *(f"{JSON};q=0", "nonsense"),
    ],
)
def test_view_rejects_unsupported_media_types(accept: str) -> None:
    assert http_error(post(HELLO, accept)) == (
        406,
        "BAD_USER_INPUT",
        f"Responses are available as {RESPONSE} or {JSON} only.",
    )


def test_view_forbids_caching() -> None:
    response = post(HELLO)
    assert (response["Cache-Control"], response["Vary"]) == (
        "no-store",
        "Accept, Authorization, origin",
    )


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("{ hello }", 200),
        ("{ hello ", 400),
        ("{ goodbye }", 400),
        ('{ date(of: "soon") }', 400),
        ("query ($of: Date!) { date(of: $of) }", 400),
        ("query A { hello } query B { hello }", 400),
        ("{ unauthenticated }", 401),
        ("{ hello brokenOrNull }", 200),
        ("{ broken }", 200),
    ],
)
def test_graphql_response_media_type_has_status_of_the_result(query: str, status: int) -> None:
    assert post({"query": query}, RESPONSE).status_code == status


@pytest.mark.parametrize(
    "query",
    ["{ hello ", "{ goodbye }", "query ($of: Date!) { date(of: $of) }", "{ unauthenticated }"],
)
def test_json_media_type_always_has_status_200(query: str) -> None:
    assert post({"query": query}, JSON).status_code == 200


def test_status_401_has_a_www_authenticate_header() -> None:
    assert post({"query": "{ unauthenticated }"}, RESPONSE)["WWW-Authenticate"] == "JWT"


NOT_JSON = "The request is not valid JSON."
NO_OPERATION = "The document does not contain this operation."
MALFORMED_REQUESTS = [
    (b" ", NOT_JSON),
    (b"{", NOT_JSON),
    (b'{"query": "{ hello }", "variables": {"a": NaN}}', NOT_JSON),
    (b"[" * 100_000, NOT_JSON),
    (b'{"query": "{ hello \xff }"}', "The request is not valid UTF-8."),
    (b"5", "The request must be a JSON object."),
    (b"null", "The request must be a JSON object."),
    (b"[]", "Batching is not supported. Send one operation per request."),
    (b'[{"query": "{ hello }"}]', "Batching is not supported. Send one operation per request."),
    (b"{}", "The request has no `query`."),
    (b'{"query": ""}', "The request has no `query`."),
    (b'{"query": null}', "The request has no `query`."),
    (b'{"query": 5}', "`query` must be a string or null."),
    (b'{"query": "{ hello }", "variables": []}', "`variables` must be an object or null."),
    (b'{"query": "{ hello }", "variables": "{}"}', "`variables` must be an object or null."),
    (b'{"query": "{ hello }", "operationName": 5}', "`operationName` must be a string or null."),
    (b'{"query": "{ hello }", "extensions": 5}', "`extensions` must be an object or null."),
    (
        b'{"query": "query A { hello }", "operationName": "B"}',
        NO_OPERATION,
    ),
    (b'{"query": "fragment A on Query { hello }"}', NO_OPERATION),
]


@pytest.mark.parametrize(("body", "message"), MALFORMED_REQUESTS)
@pytest.mark.parametrize("accept", [JSON, RESPONSE])
def test_malformed_request_gets_a_graphql_error(body: bytes, message: str, accept: str) -> None:
    response = post(body, accept)
    assert http_error(response) == (400, "BAD_USER_INPUT", message)
    assert response["Content-Type"] == f"{accept}; charset=utf-8"


BYTE_ORDER_MARK = b"\xef\xbb\xbf"


def test_view_accepts_a_body_with_a_byte_order_mark() -> None:
    response = post(BYTE_ORDER_MARK + json.dumps(HELLO).encode())
    assert (response.status_code, json.loads(response.content)) == (
        200,
        {"data": {"hello": "hello"}, "extensions": {"cost": 1}},
    )


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (BYTE_ORDER_MARK, NOT_JSON),
        (BYTE_ORDER_MARK * 2 + b'{"query": "{ hello }"}', NOT_JSON),
        (b'{"query": "{ hello }"}' + BYTE_ORDER_MARK, NOT_JSON),
        (BYTE_ORDER_MARK[:2], "The request is not valid UTF-8."),
        ('{"query": "{ hello }"}'.encode("utf-16"), "The request is not valid UTF-8."),
    ],
)
def test_view_rejects_other_byte_order_marks(body: bytes, message: str) -> None:
    assert http_error(post(body)) == (400, "BAD_USER_INPUT", message)


@pytest.mark.parametrize("escape", ["\\u0000", "\\ud800"])
@pytest.mark.parametrize(
    "place", ['{"query": "# %s"}', '{"query": "{ hello }", "variables": {"%s": 1}}']
)
def test_view_rejects_unstorable_characters(escape: str, place: str) -> None:
    assert http_error(post((place % escape).encode())) == (
        400,
        "BAD_USER_INPUT",
        "The request contains an invalid character: NUL or a lone surrogate.",
    )


def test_view_responds_in_compact_utf_8_without_escapes() -> None:
    text = post({"query": '{ hello(times: "Zoë") }'}).content.decode()
    assert text == json.dumps(json.loads(text), ensure_ascii=False, separators=(",", ":"))


def test_view_rejects_several_operations_without_operation_name() -> None:
    assert json.loads(post({"query": "query A { hello } query B { hello }"}).content) == {
        "errors": [
            {
                "message": "The document has several operations. Set `operationName`.",
                "extensions": {"code": "BAD_USER_INPUT"},
            }
        ]
    }


def test_view_runs_the_named_operation() -> None:
    query = "query A { hello } query B { hello(times: 2) }"
    assert json.loads(post({"query": query, "operationName": "B"}).content) == {
        "data": {"hello": "hellohello"},
        "extensions": {"cost": 1},
    }


@pytest.mark.parametrize("content_type", ["text/plain", "application/graphql", ""])
def test_view_rejects_other_content_types(content_type: str) -> None:
    assert http_error(post(HELLO, content_type=content_type)) == (
        415,
        "BAD_USER_INPUT",
        "Unsupported Content-Type. Send application/json, or multipart/form-data with files.",
    )


def test_view_rejects_a_body_over_the_limit(settings: Settings) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1_000
    assert http_error(post({"query": "{ hello }" + " " * 1_000})) == (
        413,
        "BAD_USER_INPUT",
        "The request is too large.",
    )


def test_view_accepts_queries_by_get() -> None:
    response = get({"query": "query ($n: Int!) { hello(times: $n) }", "variables": '{"n": 2}'})
    assert (response.status_code, json.loads(response.content)) == (
        200,
        {"data": {"hello": "hellohello"}, "extensions": {"cost": 1}},
    )


def test_view_rejects_mutations_by_get() -> None:
    response = get({"query": "mutation { poke }"})
    assert http_error(response) == (405, "BAD_USER_INPUT", "A mutation must be sent by POST.")
    assert response["Allow"] == "POST"


def test_view_rejects_get_with_malformed_variables() -> None:
    assert http_error(get({"query": "{ hello }", "variables": "{"})) == (
        400,
        "BAD_USER_INPUT",
        NOT_JSON,
    )


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "OPTIONS"])
def test_view_rejects_other_methods(method: str) -> None:
    response = Client().generic(method, "/graphql/", json.dumps(HELLO), JSON)
    assert http_error(response) == (
        405,
        "BAD_USER_INPUT",
        "GraphQL only supports GET and POST requests.",
    )
    assert response["Allow"] == "GET, POST"


@pytest.mark.parametrize("length", ["abc", "-1", "1.5", "9" * 5_000])
@pytest.mark.parametrize("content_type", [JSON, "multipart/form-data; boundary=x"])
def test_view_rejects_an_invalid_content_length(length: str, content_type: str) -> None:
    invalid: dict[str, Any] = {
        "wsgi.input": io.BytesIO(),
        "CONTENT_LENGTH": length,
        "CONTENT_TYPE": content_type,
        "HTTP_APOLLO_REQUIRE_PREFLIGHT": "true",
    }
    response = Client().generic("POST", "/graphql/", **invalid)
    assert http_error(response) == (400, "BAD_USER_INPUT", "The Content-Length is invalid.")


def test_view_rejects_an_incomplete_request() -> None:
    class CutShort(io.BytesIO):
        def read(self, *_: object) -> bytes:
            raise OSError("the client went away")

    cut_short: dict[str, Any] = {
        "wsgi.input": CutShort(),
        "CONTENT_LENGTH": "9",
        "CONTENT_TYPE": JSON,
    }
    response = Client().generic("POST", "/graphql/", **cut_short)
    assert http_error(response) == (400, "BAD_USER_INPUT", "The request could not be read.")
