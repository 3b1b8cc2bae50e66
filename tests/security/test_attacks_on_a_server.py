"""What can only be tried on a server as it is deployed: sockets, bodies without end, proxies."""

import json
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from typing import Any

import pytest
from django.conf import settings
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Subprotocol

from schema.transport.consumer import MAX_SUBSCRIPTIONS
from schema.transport.requests import MAX_MULTIPART_BYTES
from tests.contract.documents import document_of
from tests.support.fixtures.people import PASSWORD
from tests.support.live_server import Server, serving

pytestmark = pytest.mark.own_database

MB = 1024 * 1024
Open = Callable[[], ClientConnection]


@pytest.fixture(scope="module", autouse=True)
def clock() -> None:
    """The server is a process of its own: here time goes on."""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(tmp_path_factory.mktemp("server"), RATE_LIMIT_ENABLED="1") as running:
        yield running


def register(server: Server) -> str:
    """A new account's address."""
    email = f"{uuid.uuid4().hex}@example.org"
    name = {"firstName": "Kim", "lastName": "Example", "role": "PATIENT"}
    server.api("Register", {"input": {"email": email, "password": PASSWORD, **name}})
    return email


@pytest.fixture
def open_socket(server: Server) -> Iterator[Open]:
    """Opens a socket to the endpoint, which is closed after the test."""
    url, protocol = f"ws://{server.address}/graphql/", Subprotocol("graphql-transport-ws")
    with ExitStack() as opened:
        yield lambda: opened.enter_context(connect(url, subprotocols=[protocol], open_timeout=20))


@pytest.fixture
def socket(server: Server, open_socket: Open) -> ClientConnection:
    """Somebody's, initialised."""
    sign_in = server.api("TokenAuth", {"email": register(server), "password": PASSWORD})
    token = sign_in["data"]["tokenAuth"]["token"]
    socket = open_socket()
    say(socket, type="connection_init", payload={"Authorization": f"JWT {token}"})
    assert hear(socket) == {"type": "connection_ack"}
    return socket


def say(socket: ClientConnection, **message: object) -> None:
    socket.send(json.dumps(message))


def subscribe(socket: ClientConnection, id_: object, document: str) -> None:
    say(socket, type="subscribe", id=id_, payload={"query": document})


def hear(socket: ClientConnection) -> Any:
    return json.loads(socket.recv(timeout=20))


def closing_code(socket: ClientConnection) -> int | None:
    """With which code the server closes, after whatever else it says."""
    with suppress(ConnectionClosed):
        while True:
            socket.recv(timeout=20)
    return socket.close_code


@pytest.mark.parametrize(
    "message",
    [
        *("[]", "1", "null", '"x"', "[" * 5_000, '{"type": ["a"]}', '{"type": "ping", "a": NaN}'),
        *('{"type": "complete", "id": {}}', '{"type": "subscribe", "id": [1], "payload": {}}'),
        '{"type": "ping", "payload": {"a": "\\u0000"}}',
    ],
)
def test_what_is_no_message_does_not_leave_a_socket_open_that_nobody_reads(
    open_socket: Open, message: str
) -> None:
    socket = open_socket()
    socket.send(message)
    assert closing_code(socket) == 4400


def test_a_message_as_long_as_no_body_may_be_ends_the_socket(open_socket: Open) -> None:
    socket = open_socket()
    say(socket, type="ping", payload={"a": "x" * (settings.DATA_UPLOAD_MAX_MEMORY_SIZE - 100)})
    assert hear(socket) == {"type": "pong"}
    say(socket, type="ping", payload={"a": "x" * settings.DATA_UPLOAD_MAX_MEMORY_SIZE})
    assert closing_code(socket) == 1009


def test_a_socket_has_so_many_subscriptions_and_no_more(socket: ClientConnection) -> None:
    for number in range(MAX_SUBSCRIPTIONS + 1):
        subscribe(socket, f"{number}", document_of("AppointmentChanged"))
    refusal = {
        "message": "A connection can have at most 20 subscriptions.",
        "extensions": {"code": "QUERY_TOO_COMPLEX"},
    }
    assert hear(socket) == {"id": f"{MAX_SUBSCRIPTIONS}", "type": "error", "payload": [refusal]}


@pytest.mark.parametrize("length", ["declared", "found out"])
def test_a_body_without_end_is_not_taken_in(server: Server, length: str) -> None:
    def pieces(size: int) -> bytes | Iterator[bytes]:
        body = b" " * size
        return body if length == "declared" else iter([body[:MB], body[MB:]])

    def send(size: int) -> tuple[int, str]:
        headers = {
            "Content-Type": "multipart/form-data; boundary=x",
            "Apollo-Require-Preflight": "true",
        }
        answer = server.http.post("/graphql/", content=pieces(size), headers=headers)
        [error] = answer.json()["errors"]
        assert error["extensions"] == {"code": "BAD_USER_INPUT"}
        return answer.status_code, error["message"]

    assert send(MAX_MULTIPART_BYTES)[0] == 400
    assert send(MAX_MULTIPART_BYTES + 1) == (413, "The request is too large.")


def test_a_forged_forwarding_header_makes_no_new_client_of_one_on_the_same_machine(
    server: Server,
) -> None:
    body = {"query": document_of("TokenAuth"), "variables": {"email": register(server)}}
    body["variables"]["password"] = "not the password"  # type: ignore[index]  # a nested dict
    codes = []
    for number in range(6):
        headers = {"X-Forwarded-For": f"192.0.2.{number}"}
        answer = server.http.post("/graphql/", json=body, headers=headers).json()
        codes.append(answer["errors"][0]["extensions"]["code"])
    assert codes == ["INVALID_CREDENTIALS"] * 5 + ["RATE_LIMITED"]


def test_subscriptions_count_as_requests_so_that_a_socket_is_no_way_round_the_limits(
    socket: ClientConnection,
) -> None:
    heard = []
    # A minute may end in between, after which as many are answered again.
    for number in range(1_201):
        subscribe(socket, f"{number}", "subscription { nothing }")
        [error] = hear(socket)["payload"]
        heard.append(error["extensions"]["code"])
        if heard[-1] == "RATE_LIMITED":
            break
    assert set(heard[:-1]) == {"GRAPHQL_VALIDATION_FAILED"}
    assert heard[-1] == "RATE_LIMITED"
    assert len(heard) > 600
    assert 0 < error["extensions"]["retryAfter"] <= 60
