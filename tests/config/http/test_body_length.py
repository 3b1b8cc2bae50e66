"""Chunked request bodies, on live ASGI and WSGI servers: read up to the limits."""

import json
import socket
from collections.abc import Iterator
from functools import partial
from typing import Any

import httpx
import pytest
from django.conf import settings
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from config.http.body_length import BodyLengthMiddleware
from schema.transport.requests import MAX_MULTIPART_BYTES
from tests.contract.documents import document_of
from tests.support.fixtures.people import PASSWORD
from tests.support.live_server import GUNICORN, UVICORN, Server, serving
from tests.support.pictures import halves, saved
from tests.support.scale import HYPOTHESIS

pytestmark = pytest.mark.own_database

BOUNDARY = "a-boundary"
JSON_LIMIT = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
HELLO = b'{"query": "{ clinic { timeZone } }"}'
ZONE = {"data": {"clinic": {"timeZone": "Europe/Berlin"}}, "extensions": {"cost": 2}}
TOO_LARGE = {
    "errors": [{"message": "The request is too large.", "extensions": {"code": "BAD_USER_INPUT"}}]
}


@pytest.fixture(scope="module", autouse=True)
def clock() -> None:
    """Replace the fixed clock: the server is another process and uses the real time."""


@pytest.fixture(scope="module", params=[UVICORN, GUNICORN], ids=["uvicorn", "gunicorn"])
def server(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("server")
    with serving(folder, server=request.param, MEDIA_ROOT=str(folder / "media")) as running:
        yield running


@pytest.fixture(scope="module")
def token(server: Server) -> str:
    """The access token of a new account."""
    account = {"email": "kim@example.org", "password": PASSWORD, "role": "PATIENT"}
    server.api("Register", {"input": {**account, "firstName": "Kim", "lastName": "Example"}})
    signed_in = server.api("TokenAuth", {"email": "kim@example.org", "password": PASSWORD})
    access_token: str = signed_in["data"]["tokenAuth"]["token"]
    return access_token


def chunks(body: bytes, size: int) -> Iterator[bytes]:
    return (body[start : start + size] for start in range(0, len(body), size))


def post(
    server: Server,
    body: bytes,
    content_type: str = "application/json",
    *,
    chunk: int = 64 * 1024,
    **headers: str,
) -> httpx.Response:
    """Post ``body`` in chunks of ``chunk`` bytes, without a Content-Length."""
    content = {"Content-Type": content_type, "Apollo-Require-Preflight": "true"}
    response = server.http.post(
        "/graphql/", content=chunks(body, chunk), headers={**content, **headers}
    )
    sent = response.request.headers
    assert (sent["Transfer-Encoding"], sent.get("Content-Length")) == ("chunked", None)
    return response


def multipart(operations: object, file: bytes) -> bytes:
    parts = {"operations": json.dumps(operations), "map": '{"0": ["variables.image"]}'}
    fields = [
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in parts.items()
    ]
    disposition = 'Content-Disposition: form-data; name="0"; filename="a.png"'
    head = f"{''.join(fields)}--{BOUNDARY}\r\n{disposition}\r\n\r\n"
    return head.encode() + file + f"\r\n--{BOUNDARY}--\r\n".encode()


post_form = partial(post, content_type=f"multipart/form-data; boundary={BOUNDARY}")
UPLOAD = {"query": document_of("UploadAvatar"), "variables": {"image": None}}


@pytest.mark.parametrize("chunk", [1, 1000, 1 << 20])
def test_chunked_json_body_is_read(server: Server, chunk: int) -> None:
    response = post(server, HELLO, chunk=chunk)
    assert (response.status_code, response.json()) == (200, ZONE)


@pytest.mark.parametrize("chunk", [100, 1 << 20])
def test_chunked_multipart_body_uploads_a_file(server: Server, token: str, chunk: int) -> None:
    body = multipart(UPLOAD, saved(halves(), "PNG"))
    response = post_form(server, body, chunk=chunk, Authorization=f"JWT {token}")
    user = response.json()["data"]["uploadAvatar"]
    assert (response.status_code, user["__typename"]) == (200, "User")
    assert user["avatarUrl"].endswith(".webp")


def test_chunked_multipart_body_keeps_each_byte_of_the_file(server: Server, token: str) -> None:
    # One byte over the limit for pictures: if a byte were lost, this message would not be returned.
    body = multipart(UPLOAD, saved(halves(), "PNG").ljust(5 * 1024 * 1024 + 1, b"\0"))
    response = post_form(server, body, Authorization=f"JWT {token}")
    [message] = response.json()["data"]["uploadAvatar"]["messages"]
    assert message["message"] == "The image is larger than 5 MB."


@given(
    padding=st.binary(max_size=5000).map(lambda data: b" " * len(data)),
    sizes=st.lists(st.integers(1, 3000), min_size=1, max_size=20),
)
@hypothesis_settings(HYPOTHESIS, max_examples=20)
def test_chunked_body_is_read_however_it_is_divided(
    server: Server, padding: bytes, sizes: list[int]
) -> None:
    body, parts = HELLO + padding, []
    for size in sizes:
        parts.append(body[:size])
        body = body[size:]
    content = iter([part for part in [*parts, body] if part])
    headers = {"Content-Type": "application/json"}
    response = server.http.post("/graphql/", content=content, headers=headers)
    assert (response.status_code, response.json()) == (200, ZONE)


@pytest.mark.parametrize("size", [JSON_LIMIT + 1, 3 * JSON_LIMIT, MAX_MULTIPART_BYTES + 1])
def test_chunked_json_body_over_the_limit_gets_413(server: Server, size: int) -> None:
    at_the_limit = post(server, HELLO.ljust(JSON_LIMIT))
    assert (at_the_limit.status_code, at_the_limit.json()) == (200, ZONE)
    response = post(server, HELLO.ljust(size))
    assert (response.status_code, response.json()) == (413, TOO_LARGE)


@pytest.mark.parametrize("size", [MAX_MULTIPART_BYTES + 1, 2 * MAX_MULTIPART_BYTES])
def test_chunked_multipart_body_over_the_limit_gets_413(
    server: Server, token: str, size: int
) -> None:
    empty, jwt = len(multipart(UPLOAD, b"")), f"JWT {token}"
    largest = multipart(UPLOAD, bytes(MAX_MULTIPART_BYTES - empty))
    [message] = post_form(server, largest, Authorization=jwt).json()["data"]["uploadAvatar"][
        "messages"
    ]
    assert message["message"] == "The image is larger than 5 MB."
    response = post_form(server, multipart(UPLOAD, bytes(size - empty)), Authorization=jwt)
    assert (response.status_code, response.json()) == (413, TOO_LARGE)


@pytest.mark.parametrize("path", ["/graphql/", "/admin/login/", "/calendar/x.ics", "/nowhere/"])
@pytest.mark.parametrize("coding", [f"Content-Length: {299_000_000}", "Transfer-Encoding: chunked"])
def test_body_over_the_limit_gets_413_on_every_path_before_it_is_sent(
    server: Server, path: str, coding: str
) -> None:
    """A server that reads or stores the rest would wait for it."""
    sent = bytes(MAX_MULTIPART_BYTES + 64 * 1024)
    first = f"{len(sent):x}\r\n".encode() + sent + b"\r\n" if "chunked" in coding else b"x" * 1000
    host, _, port = server.address.partition(":")
    head = f"POST {path} HTTP/1.1\r\nHost: {host}\r\nContent-Type: multipart/form-data\r\n"
    with socket.create_connection((host, int(port)), timeout=60) as connection:
        connection.sendall(f"{head}{coding}\r\n\r\n".encode() + first)
        assert connection.recv(65536).startswith(b"HTTP/1.1 413 ")


@pytest.mark.parametrize("length", ["9" * 30, "9" * 5_000, "abc", "-1"])
def test_content_length_that_is_no_length_is_rejected_before_the_body(
    server: Server, length: str
) -> None:
    """By the server, or otherwise by the middleware."""
    host, _, port = server.address.partition(":")
    head = f"POST /admin/login/ HTTP/1.1\r\nHost: {host}\r\nContent-Type: multipart/form-data\r\n"
    with socket.create_connection((host, int(port)), timeout=60) as connection:
        connection.sendall(f"{head}Content-Length: {length}\r\n\r\n".encode() + b"x" * 1000)
        assert connection.recv(65536)[:13] in {b"HTTP/1.1 400 ", b"HTTP/1.1 413 "}


def test_connection_is_usable_after_a_chunked_body(server: Server) -> None:
    """The next request on the connection is not taken for a part of the body."""
    host, _, port = server.address.partition(":")
    head = f"POST /graphql/ HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\n"
    chunked = f"{head}Transfer-Encoding: chunked\r\n\r\n{len(HELLO):x}\r\n{HELLO.decode()}\r\n"
    second = f"{head}Content-Length: 1\r\nConnection: close\r\n\r\n5"
    with socket.create_connection((host, int(port)), timeout=60) as connection:
        connection.sendall(f"{chunked}0\r\n\r\n{second}".encode())
        received = b"".join(iter(lambda: connection.recv(65536), b"")).decode()
    assert received.count("HTTP/1.1 ") == 2
    assert received.count("HTTP/1.1 200 ") == 1
    assert "The request must be a JSON object." in received


def test_connection_is_usable_after_a_body_that_no_view_reads(server: Server) -> None:
    """Gunicorn would close it, and wait for the client in the thread that accepts requests."""
    host, _, port = server.address.partition(":")
    size = 1024 * 1024
    head = f"POST /graphql/ HTTP/1.1\r\nHost: {host}\r\nContent-Type: text/plain\r\n"
    ping = f"GET /healthz HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"
    with socket.create_connection((host, int(port)), timeout=60) as connection:
        connection.sendall(f"{head}Content-Length: {size}\r\n\r\n".encode() + bytes(size))
        connection.sendall(ping.encode())
        received = b"".join(iter(lambda: connection.recv(65536), b""))
    assert received.count(b"HTTP/1.1 415 ") == 1
    assert received.count(b"HTTP/1.1 200 ") == 1


def test_malformed_chunk_gets_400(server: Server) -> None:
    host, _, port = server.address.partition(":")
    head = f"POST /graphql/ HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\n"
    with socket.create_connection((host, int(port)), timeout=60) as connection:
        connection.sendall(f"{head}Transfer-Encoding: chunked\r\n\r\nnot a size\r\n".encode())
        assert connection.recv(65536).startswith(b"HTTP/1.1 400 ")


def test_wsgi_server_that_does_not_end_chunked_bodies_gets_411() -> None:
    responses: list[tuple[str, list[tuple[str, str]]]] = []

    def start_response(status: str, headers: list[tuple[str, str]], _: Any = None) -> Any:
        responses.append((status, headers))

    middleware = BodyLengthMiddleware(lambda _environ, _start: [b"passed"], max_bytes=10)
    body = b"".join(middleware({"HTTP_TRANSFER_ENCODING": "chunked"}, start_response))
    [(status, headers)] = responses
    assert (status, dict(headers)["content-type"]) == (
        "411 Length Required",
        "application/json; charset=utf-8",
    )
    assert json.loads(body)["errors"][0]["extensions"] == {"code": "BAD_USER_INPUT"}
    assert b"".join(middleware({}, start_response)) == b"passed"
