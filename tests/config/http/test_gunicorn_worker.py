"""After SIGTERM gunicorn refuses connections, and answers the requests it has accepted."""

import socket
import time
from pathlib import Path

import httpx
import pytest

from tests.support.live_server import GUNICORN, Server, serving

pytestmark = pytest.mark.own_database
# gunicorn's own worker accepts no connection, and refuses none, until it ends.
SOON_SECONDS = 4


def test_stopping_server_refuses_connections_and_answers_open_ones(tmp_path: Path) -> None:
    with serving(tmp_path, server=GUNICORN) as server, httpx.Client() as client:
        url = f"http://{server.address}/healthz"
        assert client.get(url).status_code == 200
        server.process.terminate()
        wait_until_refused(server)
        assert client.get(url).status_code == 200  # on the connection of the first request
        assert server.process.wait(30) == 0


def wait_until_refused(server: Server) -> None:
    host, _, port = server.address.partition(":")
    deadline = time.monotonic() + SOON_SECONDS
    while time.monotonic() < deadline:
        try:
            socket.create_connection((host, int(port))).close()
        except ConnectionRefusedError:
            return
        time.sleep(0.01)  # the signal has not arrived yet
    pytest.fail("connections are still accepted")
