"""gunicorn answers liveness probes at any time, and loses no connection when it stops."""

import socket
import time
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest

from tests.support.live_server import GUNICORN, Server, serving

pytestmark = pytest.mark.own_database
# gunicorn's own worker accepts no connection, and refuses none, until it ends.
SOON_SECONDS = 4
THREADS = 4  # of a worker; see gunicorn.conf.py
# A request whose body does not arrive occupies a thread.
HALF_A_REQUEST = (
    b"POST /graphql/ HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    b"Content-Length: 100\r\n\r\n"
)


def test_liveness_is_answered_while_all_threads_wait(tmp_path: Path) -> None:
    with (
        serving(tmp_path, server=GUNICORN, WEB_CONCURRENCY="1") as server,
        ExitStack() as waiting,
        httpx.Client(base_url=f"http://{server.address}") as client,
    ):
        for _thread in range(THREADS):
            connection = waiting.enter_context(connect(server))
            connection.sendall(HALF_A_REQUEST)
        wait_until_occupied(client)
        assert client.get("/healthz", timeout=20).json() == {"status": "ok"}
        assert client.head("/healthz", timeout=20).status_code == 200
        waiting.close()
        assert client.get("/readyz", timeout=20).json()["database"] == "ok"


def wait_until_occupied(client: httpx.Client) -> None:
    """Wait until another request is not answered: no thread is free."""
    deadline = time.monotonic() + SOON_SECONDS
    while time.monotonic() < deadline:
        try:
            client.get("/readyz", timeout=1)
        except httpx.ReadTimeout:
            return
    pytest.fail("a thread is free")


def connect(server: Server) -> socket.socket:
    host, _, port = server.address.partition(":")
    return socket.create_connection((host, int(port)))


def test_stopping_server_refuses_connections_and_answers_open_ones(tmp_path: Path) -> None:
    with serving(tmp_path, server=GUNICORN) as server, httpx.Client() as client:
        url = f"http://{server.address}/healthz"
        assert client.get(url).status_code == 200
        server.process.terminate()
        wait_until_refused(server)
        assert client.get(url).status_code == 200  # on the connection of the first request
        assert server.process.wait(30) == 0


def wait_until_refused(server: Server) -> None:
    deadline = time.monotonic() + SOON_SECONDS
    while time.monotonic() < deadline:
        try:
            connect(server).close()
        except ConnectionRefusedError:
            return
        time.sleep(0.01)  # the signal has not arrived yet
    pytest.fail("connections are still accepted")
