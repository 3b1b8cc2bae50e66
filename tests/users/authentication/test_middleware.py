"""The ``Authorization`` header over HTTP and in a WebSocket's ``connection_init``."""

import json
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from websockets import ConnectionClosed
from websockets.sync.client import connect
from websockets.typing import Subprotocol

from tests.support.live_server import serving

FORMAT = "Authorization must be `JWT <token>` or `Bearer <token>`."
INVALID = ["JWT", "Bearer ", "Basic YTpi", "Token abc", "eyJhbGciOiJIUzI1NiJ9.e30.c2lnbmF0dXJl"]


def me(headers: dict[str, str], *, accept: str) -> tuple[int, Any]:
    """Return status and body of the answer to ``{ me { email } }``."""
    response = Client().post(
        "/graphql/",
        {"query": "{ me { email } }"},
        content_type="application/json",
        headers={"Accept": accept, **headers},
    )
    return response.status_code, response.json()


def unauthenticated(message: str) -> Any:
    return {
        "data": None,
        "errors": [
            {
                "message": message,
                "locations": [{"line": 1, "column": 3}],
                "path": ["me"],
                "extensions": {"code": "UNAUTHENTICATED"},
            }
        ],
        "extensions": {"cost": 2},
    }


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("accept", "status"), [("application/json", 200), ("application/graphql-response+json", 401)]
)
@pytest.mark.parametrize("header", INVALID)
def test_authorization_header_of_invalid_format_is_explained(
    header: str, accept: str, status: int
) -> None:
    assert me({"Authorization": header}, accept=accept) == (status, unauthenticated(FORMAT))


@pytest.mark.django_db
@pytest.mark.parametrize("headers", [{}, {"Authorization": ""}], ids=["no header", "empty"])
def test_missing_authorization_header_asks_to_sign_in(headers: dict[str, str]) -> None:
    answer = me(headers, accept="application/json")
    assert answer == (200, unauthenticated("Sign in first."))


@pytest.mark.django_db
def test_authorization_header_is_ignored_by_public_operations() -> None:
    response = Client().post(
        "/graphql/",
        {"query": "{ clinic { today } }"},
        content_type="application/json",
        headers={"Authorization": "Basic YTpi"},
    )
    assert response.json()["data"] == {"clinic": {"today": "2026-03-02"}}


@pytest.mark.own_database
def test_connection_init_with_invalid_authorization_closes_with_the_reason(
    tmp_path: Path,
) -> None:
    payloads: list[dict[str, str]] = [{}, *({"authorization": header} for header in INVALID)]
    closed = []
    with serving(tmp_path) as server:
        for payload in payloads:
            url, protocol = f"ws://{server.address}/graphql/", Subprotocol("graphql-transport-ws")
            with connect(url, subprotocols=[protocol]) as socket:
                socket.send(json.dumps({"type": "connection_init", "payload": payload}))
                with pytest.raises(ConnectionClosed) as error:
                    socket.recv(timeout=60)
            assert error.value.rcvd is not None
            closed.append((error.value.rcvd.code, error.value.rcvd.reason))
    assert closed == [(4403, "Forbidden"), *[(4403, FORMAT)] * len(INVALID)]
