"""The graphql-transport-ws protocol: connection, tokens, close codes and documents."""

import datetime as dt
import json
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path

import jwt
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from tests.contract.documents import document_of, operation_names, sha256_of
from tests.schema.subscriptions.conftest import ConnectClient
from tests.support.live_accounts import Actor
from tests.support.live_server import ENVIRONMENT, Server, serving
from tests.support.websocket_client import (
    HALF_HOURS,
    PROTOCOL,
    add_day_off,
    appointment_event,
    open_websocket,
)

pytestmark = pytest.mark.own_database


@pytest.mark.parametrize(
    ("token", "code"), [("", 4403), ("nonsense", 4403)], ids=["no token", "invalid token"]
)
def test_connection_init_without_valid_token_closes_the_connection(
    connect_client: ConnectClient, token: str, code: int
) -> None:
    client = connect_client()
    client.send(type="connection_init", payload={"Authorization": f"Bearer {token}"})
    assert client.close_code() == code


@pytest.mark.parametrize(
    "place",
    [
        lambda token: {"Authorization": token},
        lambda token: {"authorization": token},
        lambda token: {"headers": {"Authorization": token}},
        lambda token: {"headers": {"authorization": token, "X-Other": 5}},
        lambda token: {"headers": {"AUTHORIZATION": token}, "other": None},
        lambda token: {"Authorization": None, "headers": {"Authorization": token}},
        lambda token: {"Authorization": "", "headers": {"Authorization": token}},
        lambda token: {"Authorization": token, "headers": {"Authorization": "Bearer other"}},
        lambda token: {"Authorization": token, "headers": None},
    ],
)
def test_connection_init_accepts_the_token_in_each_place(
    server: Server, connect_client: ConnectClient, place: Callable[[str], object]
) -> None:
    client = connect_client()
    payload = place(f"Bearer {Actor(server, 'PATIENT').token}")
    client.send(type="connection_init", payload=payload)
    assert client.receive() == {"type": "connection_ack"}


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ({}, 4403),
        ({"payload": None}, 4403),
        ({"payload": {}}, 4403),
        ({"payload": {"headers": None}}, 4403),
        ({"payload": {"headers": ["Authorization"]}}, 4403),
        ({"payload": {"headers": {"Authorization": 5}}}, 4403),
        ({"payload": []}, 4400),
        ({"payload": "Bearer x"}, 4400),
    ],
)
def test_connection_init_without_token_closes_the_connection(
    connect_client: ConnectClient, message: dict[str, object], code: int
) -> None:
    client = connect_client()
    client.send(type="connection_init", **message)
    assert client.close_code() == code


def test_message_with_a_byte_order_mark_is_read(connect_client: ConnectClient) -> None:
    client = connect_client()
    client.socket.send('\ufeff{"type": "ping"}')
    assert client.receive() == {"type": "pong"}


def test_subscribe_before_connection_init_is_unauthorized(connect_client: ConnectClient) -> None:
    client = connect_client()
    client.subscribe("AppointmentChanged")
    assert client.close_code() == 4401


def test_connection_init_is_rejected_the_second_time(
    server: Server, connect_client: ConnectClient
) -> None:
    client = connect_client(Actor(server, "PATIENT").token)
    client.send(type="connection_init")
    assert client.close_code() == 4429


def test_subscribe_rejects_an_id_in_use(server: Server, connect_client: ConnectClient) -> None:
    client = connect_client(Actor(server, "PATIENT").token)
    client.subscribe("AppointmentChanged")
    client.subscribe("AppointmentChanged")
    assert client.close_code() == 4409


@pytest.mark.parametrize("message", ["no json", '{"type": "sing"}', "{}"])
def test_malformed_message_is_a_bad_request(connect_client: ConnectClient, message: str) -> None:
    client = connect_client()
    client.socket.send(message)
    assert client.close_code() == 4400


@pytest.mark.parametrize(
    "protocols", [["graphql-ws"], None], ids=["legacy protocol", "no protocol"]
)
def test_websocket_rejects_other_protocols(
    connect_client: ConnectClient, protocols: list[str] | None
) -> None:
    client = connect_client(subprotocols=protocols)
    assert client.close_code() == 4406


def test_connection_from_another_origin_is_rejected(
    server: Server, connect_client: ConnectClient
) -> None:
    with pytest.raises(InvalidStatus) as rejected:
        connect_client(origin="https://evil.example")
    own = connect_client(origin=f"http://{server.address}")
    assert (rejected.value.response.status_code, own.socket.subprotocol) == (403, PROTOCOL)


def test_connection_closes_when_its_token_expires(
    server: Server, connect_client: ConnectClient
) -> None:
    ann = Actor(server, "PATIENT")
    for seconds in (5, 20, 50):
        expires_at = int(dt.datetime.now(dt.UTC).timestamp()) + seconds
        payload = {**ann.payload, "exp": expires_at}
        token = jwt.encode(payload, ENVIRONMENT["JWT_SECRET"], "HS256")
        with suppress(ConnectionClosed):  # expired before this machine could connect
            client = connect_client(token)
            break
    assert client.close_code() == 4403
    assert dt.datetime.now(dt.UTC).timestamp() >= expires_at


def test_connection_closes_when_its_session_is_revoked(
    server: Server, connect_client: ConnectClient
) -> None:
    ann = Actor(server, "PATIENT")
    client = connect_client(ann.token)
    ann.send("RevokeToken", refreshToken=ann.refresh_token)
    assert client.close_code() == 4403


def test_closed_connection_gets_no_messages(tmp_path: Path) -> None:
    with serving(tmp_path, SOCKET_RECHECK_SECONDS="3600") as server:
        doctor, ann, ben = (Actor(server, role) for role in ("DOCTOR", "PATIENT", "PATIENT"))
        times = iter(HALF_HOURS)
        with open_websocket(server, ann.token) as client:
            for id_ in ("1", "2"):
                client.subscribe("AvailabilityChanged", id_, doctorId=doctor.id)
                client.wait_until_subscribed(partial(add_day_off, doctor, id_))
            ann.send("RevokeToken", refreshToken=ann.refresh_token)
            ben.book(doctor, next(times))
            client.receive_until_closed()
    (log,) = tmp_path.glob("server-*.log")
    assert "ERROR" not in log.read_text()


def test_subscribe_rejects_queries(server: Server, connect_client: ConnectClient) -> None:
    client = connect_client(Actor(server, "PATIENT").token)
    client.subscribe("Me")
    answer = client.receive()
    error = {"message": "queries are not allowed", "extensions": {"code": "BAD_USER_INPUT"}}
    assert answer == {"id": "1", "type": "error", "payload": [error]}


def test_subscribe_reports_an_unknown_persisted_document(
    server: Server, connect_client: ConnectClient
) -> None:
    client = connect_client(Actor(server, "PATIENT").token)
    client.send(type="subscribe", id="1", payload={"query": "", "documentId": "0" * 64})
    error = {
        "message": "PersistedQueryNotFound",
        "extensions": {"code": "PERSISTED_QUERY_NOT_FOUND"},
    }
    assert client.receive() == {"id": "1", "type": "error", "payload": [error]}


@pytest.mark.parametrize("payload", [{}, {"query": None}, {"query": 5}, {"documentId": "x"}, []])
def test_subscribe_without_document_is_a_bad_request(
    server: Server, connect_client: ConnectClient, payload: object
) -> None:
    client = connect_client(Actor(server, "PATIENT").token)
    client.send(type="subscribe", id="1", payload=payload)
    assert client.close_code() == 4400


def test_subscribe_accepts_registered_documents_only(tmp_path: Path) -> None:
    registered = {sha256_of(document): document for document in map(document_of, operation_names())}
    file = tmp_path / "persisted-documents.json"
    file.write_text(json.dumps(registered))
    subscription = sha256_of(document_of("AppointmentChanged"))
    with serving(tmp_path, TRUSTED_DOCUMENTS=str(file)) as server:
        doctor, ann = Actor(server, "DOCTOR"), Actor(server, "PATIENT")
        times = iter(HALF_HOURS)
        with open_websocket(server, ann.token) as client:
            client.send(
                type="subscribe",
                id="1",
                payload={"query": "subscription { appointmentChanged { id } }"},
            )
            error = {
                "message": "This document is not registered on the server.",
                "extensions": {"code": "PERSISTED_QUERY_NOT_IN_LIST"},
            }
            assert client.receive() == {"id": "1", "type": "error", "payload": [error]}
            persisted = {"version": 1, "sha256Hash": subscription}
            client.send(
                type="subscribe",
                id="2",
                payload={"query": "", "extensions": {"persistedQuery": persisted}},
            )
            client.wait_until_subscribed(
                lambda: appointment_event(ann.book(doctor, next(times)), "2")
            )
