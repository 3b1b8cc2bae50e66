"""File uploads, after https://github.com/jaydenseric/graphql-multipart-request-spec."""

import json
from collections.abc import Mapping

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from pytest_django import Settings

from schema.transport.requests import MAX_MULTIPART_BYTES
from tests.support.graphql_responses import Response, http_error

UPLOAD = {"query": "query ($f: Upload!) { size(of: $f) }", "variables": {"f": None}}
PREFLIGHT = {"Apollo-Require-Preflight": "true"}


@pytest.fixture(autouse=True)
def _probe(settings: Settings) -> None:
    settings.ROOT_URLCONF = "tests.support.schema_app"


def multipart(headers: Mapping[str, str], *, operations: object, files_map: object) -> Response:
    form = {
        "operations": json.dumps(operations),
        "map": json.dumps(files_map),
        "0": SimpleUploadedFile("a.txt", b"12345"),
    }
    return Client().post("/graphql/", form, headers=headers)


@pytest.mark.parametrize(
    "header", ["Apollo-Require-Preflight", "GraphQL-Require-Preflight", "X-Apollo-Operation-Name"]
)
def test_multipart_request_uploads_a_file(header: str) -> None:
    response = multipart({header: "true"}, operations=UPLOAD, files_map={"0": ["variables.f"]})
    assert (response.status_code, json.loads(response.content)) == (
        200,
        {"data": {"size": 5}, "extensions": {"cost": 1}},
    )


@pytest.mark.parametrize("headers", [{}, {"Authorization": "JWT x"}])
def test_multipart_request_without_preflight_header_is_rejected(headers: Mapping[str, str]) -> None:
    response = multipart(headers, operations=UPLOAD, files_map={"0": ["variables.f"]})
    assert http_error(response) == (
        400,
        "BAD_USER_INPUT",
        "A multipart request needs the header `Apollo-Require-Preflight: true`.",
    )


@pytest.mark.parametrize(
    "files_map",
    [
        {"1": ["variables.f"]},
        {"0": ["variables.f.g"]},
        {"0": ["nothing.f"]},
        {"0": "variables"},
        {"0": 5},
        {"0": [5]},
        [],
        5,
        None,
    ],
)
def test_multipart_request_with_invalid_map_is_rejected(files_map: object) -> None:
    response = multipart(PREFLIGHT, operations=UPLOAD, files_map=files_map)
    assert http_error(response) == (
        400,
        "BAD_USER_INPUT",
        "The multipart `map` does not match `operations` and the files.",
    )


def test_multipart_request_that_is_malformed_gets_a_graphql_error() -> None:
    response = Client().post(
        "/graphql/", b"--x\r\n", content_type="multipart/form-data", headers=PREFLIGHT
    )
    assert http_error(response) == (400, "BAD_USER_INPUT", "The request could not be read.")


def test_multipart_request_over_the_limit_is_not_read() -> None:
    response = Client().post(
        "/graphql/",
        {"0": SimpleUploadedFile("a.txt", b"12345")},
        headers={**PREFLIGHT, "Content-Length": str(MAX_MULTIPART_BYTES + 1)},
    )
    assert http_error(response) == (413, "BAD_USER_INPUT", "The request is too large.")
