"""Attacks that need a live server: WebSocket messages, endless bodies, forged proxy headers."""

import json
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Subprotocol

from schema.transport.requests import MAX_MULTIPART_BYTES
from schema.transport.websocket_handler import MAX_SUBSCRIPTIONS
from tests.contract.documents import document_of
from tests.support.fixtures.people import PASSWORD
from tests.support.live_server import Server, serving
from users.common.request_costs import REQUEST_COST

pytestmark = pytest.mark.own_database

MB = 1024 * 1024
OpenSocket = Callable[[], ClientConnection]


@pytest.fixture(scope="module", autouse=True)
def clock() -> None:
    """Replace the fixed clock: the server is another process and uses the real time."""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(tmp_path_factory.mktemp("server"), RATE_LIMIT_ENABLED="1") as running:
        yield running


def register(server: Server) -> str:
    """Register an account and return its email address."""
    email = f"{uuid.uuid4().hex}@example.org"
    name = {"firstName": "Kim", "lastName": "Example", "role": "PATIENT"}
    server.api("Register", {"input": {"email": email, "password": PASSWORD, **name}})
    return email


@pytest.fixture
def open_socket(server: Server) -> Iterator[OpenSocket]:
    """A function that opens a WebSocket, which is closed after the test."""
    with ExitStack() as opened:
        yield lambda: opened.enter_context(connection_to(server))


def connection_to(server: Server) -> ClientConnection:
    url, protocol = f"ws://{server.address}/graphql/", Subprotocol("graphql-transport-ws")
    return connect(url, subprotocols=[protocol], open_timeout=60)


@pytest.fixture
def socket(server: Server, open_socket: OpenSocket) -> ClientConnection:
    """A WebSocket of a signed-in user, initialised."""
    socket = open_socket()
    sign_in(server, socket)
    return socket


def sign_in(server: Server, socket: ClientConnection) -> None:
    """Initialise the WebSocket for an account of its own."""
    response = server.api("TokenAuth", {"email": register(server), "password": PASSWORD})
    token = response["data"]["tokenAuth"]["token"]
    send(socket, type="connection_init", payload={"Authorization": f"JWT {token}"})
    assert receive(socket) == {"type": "connection_ack"}


def send(socket: ClientConnection, **message: object) -> None:
    socket.send(json.dumps(message))


def subscribe(socket: ClientConnection, id_: object, document: str) -> None:
    send(socket, type="subscribe", id=id_, payload={"query": document})


def receive(socket: ClientConnection) -> Any:
    return json.loads(socket.recv(timeout=60))


def closing_code(socket: ClientConnection) -> int | None:
    """Wait until the server closes the WebSocket and return the close code."""
    with suppress(ConnectionClosed):
        while True:
            socket.recv(timeout=60)
    return socket.close_code


@pytest.mark.parametrize(
    "message",
    [
        *("[]", "1", "null", '"x"', "[" * 5_000, '{"type": ["a"]}', '{"type": "ping", "a": NaN}'),
        *('{"type": "complete", "id": {}}', '{"type": "subscribe", "id": [1], "payload": {}}'),
        '{"type": "ping", "payload": {"a": "\\u0000"}}',
    ],
)
def test_websocket_is_closed_after_invalid_message(open_socket: OpenSocket, message: str) -> None:
    socket = open_socket()
    socket.send(message)
    assert closing_code(socket) == 4400


def test_websocket_is_closed_after_too_large_message(open_socket: OpenSocket) -> None:
    socket = open_socket()
    send(socket, type="ping", payload={"a": "x" * (settings.DATA_UPLOAD_MAX_MEMORY_SIZE - 100)})
    assert receive(socket) == {"type": "pong"}
    send(socket, type="ping", payload={"a": "x" * settings.DATA_UPLOAD_MAX_MEMORY_SIZE})
    assert closing_code(socket) == 1009


def test_websocket_limits_number_of_subscriptions(socket: ClientConnection) -> None:
    for number in range(MAX_SUBSCRIPTIONS + 1):
        subscribe(socket, f"{number}", document_of("AppointmentChanged"))
    error = {
        "message": "A connection can have at most 20 subscriptions.",
        "extensions": {"code": "QUERY_TOO_COMPLEX"},
    }
    assert receive(socket) == {"id": f"{MAX_SUBSCRIPTIONS}", "type": "error", "payload": [error]}


@pytest.mark.parametrize("length", ["declared", "undeclared"])
def test_request_body_size_is_limited(server: Server, length: str) -> None:
    def body_of(size: int) -> bytes | Iterator[bytes]:
        body = b" " * size
        return body if length == "declared" else iter([body[:MB], body[MB:]])

    def post(size: int) -> tuple[int, str]:
        headers = {
            "Content-Type": "multipart/form-data; boundary=x",
            "Apollo-Require-Preflight": "true",
        }
        response = server.http.post("/graphql/", content=body_of(size), headers=headers)
        [error] = response.json()["errors"]
        assert error["extensions"] == {"code": "BAD_USER_INPUT"}
        return response.status_code, error["message"]

    assert post(MAX_MULTIPART_BYTES)[0] == 400
    assert post(MAX_MULTIPART_BYTES + 1) == (413, "The request is too large.")


def test_forged_x_forwarded_for_does_not_bypass_rate_limit(server: Server) -> None:
    body = {"query": document_of("TokenAuth"), "variables": {"email": register(server)}}
    body["variables"]["password"] = "not the password"  # type: ignore[index]  # a nested dict
    codes = []
    for number in range(6):
        headers = {"X-Forwarded-For": f"192.0.2.{number}"}
        response = server.http.post("/graphql/", json=body, headers=headers).json()
        codes.append(response["errors"][0]["extensions"]["code"])
    assert codes == ["INVALID_CREDENTIALS"] * 5 + ["RATE_LIMITED"]


def test_subscriptions_count_towards_request_limit(tmp_path: Path) -> None:
    codes = []
    # 100 requests a minute: a busy machine may not send the usual 600 within one.
    limits = {"RATE_LIMIT_ENABLED": "1", "MAX_COST_PER_MINUTE": str(100 * REQUEST_COST)}
    with serving(tmp_path, **limits) as server, connection_to(server) as socket:
        sign_in(server, socket)
        # If a minute ends in between, the limit starts again and takes up to twice as many.
        for number in range(201):
            subscribe(socket, f"{number}", "subscription { nothing }")
            [error] = receive(socket)["payload"]
            codes.append(error["extensions"]["code"])
            if codes[-1] == "RATE_LIMITED":
                break
    assert set(codes[:-1]) == {"GRAPHQL_VALIDATION_FAILED"}
    assert codes[-1] == "RATE_LIMITED"
    assert len(codes) > 100
    assert 0 < error["extensions"]["retryAfter"] <= 60
