"""Malformed requests: each gets an error code, and none causes an internal error."""

import gzip
import io
import json
from typing import Any
from urllib.parse import urljoin

import jwt
import pytest
from django.test import Client
from graphql import VariableDefinitionNode, print_ast
from pytest_django import Settings

from clinic.models import Doctor, Patient
from schema.transport.requests import MAX_MULTIPART_BYTES
from tests.contract.documents import documents
from tests.support.api_client import Api
from tests.support.booking import book_as_patient
from tests.support.global_ids import id_of, node_id
from tests.support.graphql_responses import http_error
from users.authentication import access_tokens, refresh_tokens
from users.models import User

MB = 1024 * 1024
JSON = "application/json"
TODAY = b'{"query": "{ clinic { today } }"}'


class UnreadBody(io.BytesIO):
    """A request body that records whether it was read."""

    was_read = False

    def read(self, *_: Any) -> bytes:
        self.was_read = True
        return b""

    readline = read


def post(body: Any, content_type: str = JSON, **headers: str) -> Any:
    return Client().post("/graphql/", body, content_type=content_type, headers=headers)


@pytest.mark.parametrize(
    ("content_type", "length"),
    [
        (JSON, MB + 1),
        ("multipart/form-data; boundary=x", MAX_MULTIPART_BYTES + 1),
    ],
)
def test_graphql_rejects_too_large_body_unread(content_type: str, length: int) -> None:
    body = UnreadBody()
    environment: dict[str, Any] = {
        "wsgi.input": body,
        "CONTENT_LENGTH": str(length),
        "CONTENT_TYPE": content_type,
        "HTTP_APOLLO_REQUIRE_PREFLIGHT": "true",
    }
    response = Client().generic("POST", "/graphql/", **environment)
    assert http_error(response) == (413, "BAD_USER_INPUT", "The request is too large.")
    assert not body.was_read


def test_graphql_accepts_body_of_maximum_size() -> None:
    assert post(TODAY + b" " * (MB - len(TODAY))).json()["data"] == {
        "clinic": {"today": "2026-03-02"}
    }


@pytest.mark.parametrize("encoding", ["gzip", "br", "deflate"])
def test_graphql_rejects_compressed_body(encoding: str) -> None:
    response = post(gzip.compress(TODAY), **{"Content-Encoding": encoding})
    assert http_error(response) == (
        415,
        "BAD_USER_INPUT",
        "Content-Encoding is not supported. Send the request uncompressed.",
    )


@pytest.mark.parametrize(
    "variables", ['{"a": ' * 900 + "1" + "}" * 900, '{"a": ' + "[" * 900 + "]" * 900 + "}"]
)
def test_graphql_rejects_too_deeply_nested_variables(variables: str) -> None:
    body = b'{"query": "{ clinic { today } }", "variables": %s}' % variables.encode()
    assert http_error(post(body)) == (400, "BAD_USER_INPUT", "The request is not valid JSON.")


def test_graphql_rejects_batched_requests() -> None:
    response = post(b"[%s, %s]" % (TODAY, TODAY))
    assert http_error(response)[:2] == (400, "BAD_USER_INPUT")


@pytest.mark.parametrize(
    "cookie", ["sessionid", "csrftoken", "JWT", "token", "Authorization", "access_token"]
)
def test_graphql_ignores_cookies(ann: Patient, cookie: str) -> None:
    client = Client()
    client.force_login(ann.user)
    session = client.cookies["sessionid"].value
    client.cookies[cookie] = session
    response = client.post("/graphql/", {"query": "{ me { id } }"}, content_type=JSON)
    assert response.json()["errors"][0]["extensions"] == {"code": "UNAUTHENTICATED"}


@pytest.mark.parametrize("method", ["OPTIONS", "POST"])
def test_graphql_does_not_allow_other_origins(method: str) -> None:
    response = Client().generic(
        method,
        "/graphql/",
        TODAY,
        JSON,
        headers={"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"},
    )
    assert "Access-Control-Allow-Origin" not in response


@pytest.mark.parametrize(
    "claims",
    [
        {"sub": "x"},
        {"sub": ""},
        {"sid": "x"},
        {"sid": 5},
        {"ver": 5},
        {"ver": "é"},
        {"typ": "refresh"},
        {"exp": "x"},
        {"exp": None},
    ],
)
def test_access_token_with_invalid_claims_is_rejected(
    api: Api, ann: Patient, settings: Settings, claims: dict[str, Any]
) -> None:
    valid = access_tokens.decode(refresh_tokens.start(ann.user).access_token)
    token = jwt.encode({**valid, **claims}, settings.JWT_SECRET, "HS256")
    [error] = api("{ me { id } }", token=token)["errors"]
    assert error["extensions"] == {"code": "TOKEN_INVALID"}


HOSTILE: dict[str, list[Any]] = {
    "String": [
        "",
        " ",
        "x" * 100_000,
        "%_\\'\";--",
        "\u202eright to left",
        "\u0301" * 1_000,
        "😀" * 1_000,
        "\r\nBcc: everyone@example.org",
        "<script>alert(1)</script>",
        "\u2028",
        "\x1b[31m",
    ],
    "ID": [
        "",
        "x",
        "=",
        "RG9jdG9y",
        node_id("Doctor", ""),
        node_id("Doctor", "-1"),
        node_id("Doctor", "0"),
        node_id("Doctor", "1e3"),
        node_id("Doctor", "٣"),
        node_id("Doctor", 2**63),
        node_id("Doctor", "9" * 5_000),
        node_id("Appointment", 2**63 - 1),
        node_id("Session", 1),
        node_id("doctor__user", 1),
        "x" * 100_000,
    ],
    "Date": ["0001-01-01", "9999-12-31", "0000-00-00", "10000-01-01", "2026-02-30", ""],
    "Int": [0, -1, 2**31 - 1, -(2**31), 2**31, 1.5, True],
}


def variables_of(definition: VariableDefinitionNode) -> tuple[str, str]:
    return definition.variable.name.value, print_ast(definition.type).strip("!")


SCALAR_VARIABLES = [
    (name, *variables_of(definition))
    for name, document in documents().items()
    for operation in document.definitions
    for definition in getattr(operation, "variable_definitions", None) or ()
    if variables_of(definition)[1] in HOSTILE
]


@pytest.mark.parametrize(("name", "variable", "type_"), SCALAR_VARIABLES)
def test_operations_survive_hostile_variables(
    api: Api, ann: Patient, dora: Doctor, name: str, variable: str, type_: str
) -> None:
    appointment = book_as_patient(ann, dora)
    valid: dict[str, Any] = {
        "id": id_of(appointment),
        "doctorId": id_of(dora),
        "specialty": "Cardiology",
        "email": "x@example.org",
        "password": "x",
        "token": "x",
        "refreshToken": "x",
        "from": "2026-03-03",
    }
    for value in HOSTILE[type_]:
        response = api(name, {**valid, variable: value}, user=dora.user)
        codes = {error["extensions"]["code"] for error in response.get("errors", ())}
        assert not codes & {"INTERNAL_SERVER_ERROR", "SERVICE_UNAVAILABLE"}, value


INPUT_FIELDS = {
    "CreateAppointment": {"patientId": "x", "date": "2026-03-04", "time": "10:00"},
    "RescheduleAppointment": {"id": "x", "date": "2026-03-04", "time": "10:00"},
    "CancelAppointment": {"id": "x", "reason": "x"},
    "AddTimeOff": {"startsAt": "2026-03-04T10:00:00Z", "endsAt": "2026-03-04T11:00:00Z"},
    "UpdateAccount": {"firstName": "x", "lastName": "x"},
    "ResetPassword": {"token": "x", "newPassword": "x"},
    "ChangePassword": {"oldPassword": "x", "newPassword": "x"},
}
EXTREME_TIMES = ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "9999-12-31T23:59:59-23:59"]


@pytest.mark.parametrize("name", INPUT_FIELDS)
def test_mutations_survive_hostile_input_fields(
    api: Api, ann: Patient, dora: Doctor, name: str, settings: Any
) -> None:
    settings.RATELIMIT_ENABLE = False
    appointment = book_as_patient(ann, dora)
    valid = {"id": id_of(appointment), "patientId": id_of(ann)}
    values = [*HOSTILE["String"], *HOSTILE["ID"], *HOSTILE["Date"], *EXTREME_TIMES, None, [], {}, 1]
    fields = INPUT_FIELDS[name]
    for field in fields:
        for value in values:
            sent = {**fields, **{k: v for k, v in valid.items() if k in fields}, field: value}
            response = api(name, {"input": sent}, user=dora.user)
            codes = {error["extensions"]["code"] for error in response.get("errors", ())}
            assert not codes & {"INTERNAL_SERVER_ERROR", "SERVICE_UNAVAILABLE"}, (field, value)


@pytest.mark.parametrize("escaped", ["\\u0000", "\\ud800", "\\udfff"])
def test_graphql_rejects_text_that_databases_cannot_store(escaped: str) -> None:
    body = json.dumps({"query": "query ($a: String) { clinic { today } }"})[:-1]
    response = post(f'{body}, "variables": {{"a": "{escaped}"}}}}'.encode())
    assert http_error(response)[:2] == (400, "BAD_USER_INPUT")


@pytest.mark.parametrize("escaped", ["\\u0000", "\\ud800"])
def test_graphql_rejects_document_with_text_that_databases_cannot_store(
    api: Api, ann: Patient, escaped: str
) -> None:
    document = f'{{ doctors(filters: {{ search: "{escaped}" }}) {{ totalCount }} }}'
    response = api(document, user=ann.user)
    codes = {error["extensions"]["code"] for error in response["errors"]}
    assert codes <= {"BAD_USER_INPUT", "GRAPHQL_PARSE_FAILED"}


@pytest.mark.parametrize(
    "url",
    [
        "patient/?q=%00",
        "doctor/?specialty__exact=%00",
        "appointment/?status__exact=a%00b",
        "patient/%00/change/",
        "../autocomplete/?app_label=clinic&model_name=appointment&field_name=patient&term=%00",
    ],
)
def test_admin_rejects_url_with_null_byte(sam: User, url: str) -> None:
    admin = Client()
    admin.force_login(sam)
    response = admin.get(urljoin("/admin/clinic/", url))
    assert (response.status_code, response.content) == (400, b"Invalid URL.")
