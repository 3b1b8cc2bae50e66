from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any, Protocol

import pytest

from tests.support.live_server import Server, serving
from tests.support.websocket_client import WebSocketClient, open_websocket


class ConnectClient(Protocol):
    def __call__(self, token: str | None = None, **options: Any) -> WebSocketClient: ...


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A live server that checks the tokens of WebSockets every second."""
    with serving(tmp_path_factory.mktemp("server"), SOCKET_RECHECK_SECONDS="1") as running:
        yield running


@pytest.fixture(autouse=True)
def clock() -> None:
    """Replaces the fixed clock: the live server is another process, with the real time."""


@pytest.fixture
def connect_client(server: Server) -> Iterator[ConnectClient]:
    """Opens WebSockets, with a token initialised ones, and closes them after the test."""
    with ExitStack() as sockets:
        yield lambda token=None, **options: sockets.enter_context(
            open_websocket(server, token, **options)
        )
