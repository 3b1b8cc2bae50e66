"""A live server: uvicorn in its own process, on a free port, with its own database."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from tests.contract.documents import document_of
from tests.support.migrated_databases import copy_migrated
from tests.support.processes import ROOT, manage

START_SECONDS = 60
ENVIRONMENT = {
    "ALLOWED_HOSTS": "127.0.0.1,localhost",
    "DEBUG": "0",
    "DJANGO_SETTINGS_MODULE": "config.settings",
    "DOCTOR_APPROVAL_REQUIRED": "0",
    "EMAIL_URL": "dummymail://",
    "HTTPS_ONLY": "0",
    "RATE_LIMIT_ENABLED": "0",
    "STAFF_OTP_REQUIRED": "0",
    "JWT_SECRET": "a-token-key-for-tests-only-" * 2,
    "SECRET_KEY": "a-secret-key-for-tests-only-" * 2,
    "TIME_ZONE": "Europe/Berlin",
}


class Server:
    """A running server and an HTTP client for it."""

    def __init__(
        self, port: int, process: "subprocess.Popen[bytes]", environment: Mapping[str, str]
    ) -> None:
        self.process, self.environment = process, environment
        self.address = f"127.0.0.1:{port}"
        # A connection that was idle can be closed by the server just when the next request is sent.
        limits = httpx.Limits(max_keepalive_connections=0)
        self.http = httpx.Client(base_url=f"http://{self.address}", timeout=60, limits=limits)

    def api(
        self, name: str, variables: Mapping[str, object] | None = None, *, token: str | None = None
    ) -> Any:
        """Send the operation ``name`` of the API contract and return the JSON response."""
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        body = {"query": document_of(name), "variables": variables}
        return self.http.post("/graphql/", json=body, headers=headers).json()

    def kill(self) -> None:
        """Kill all of its processes with SIGKILL, as in a crash."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


@contextmanager
def reserved_port() -> Iterator[int]:
    """Yield a local port on which a server can listen, and which no other process is given.

    Without the reservation, another test's connection could take the port before the server does.
    """
    with socket.socket() as holder:
        # Servers set the option as well; both can then have the port, as only one listens on it.
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        holder.bind(("127.0.0.1", 0))
        port: int = holder.getsockname()[1]
        if sys.platform != "linux":
            holder.close()  # macOS would not let the server have it
        yield port


# The commands of the web servers, with {port} for the port.
UVICORN = ("-m", "uvicorn", "config.asgi:application", "--no-proxy-headers", "--port", "{port}")
GUNICORN = ("-m", "gunicorn", "config.wsgi", "--bind", "127.0.0.1:{port}")


@contextmanager
def serving(
    folder: Path, *, server: Sequence[str] = UVICORN, **environment: str
) -> Iterator[Server]:
    """Run a web server on ``db.sqlite3`` in ``folder`` for the duration of the block.

    The file is created, unless it exists. ``environment``: further settings, such as another
    DATABASE_URL, to which migrations are applied.
    """
    with reserved_port() as port:
        yield from _serving(folder, port, server, environment)


@contextmanager
def serving_on(
    port: int, folder: Path, environment: Mapping[str, str], server: Sequence[str] = UVICORN
) -> Iterator[Server]:
    """Run a web server on a port that the caller has reserved, to start it there again."""
    yield from _serving(folder, port, server, environment)


def _serving(
    folder: Path, port: int, server: Sequence[str], environment: Mapping[str, str]
) -> Iterator[Server]:
    settings = {
        "REDIS_URL": "",
        "DATABASE_URL": f"sqlite:///{folder / 'db.sqlite3'}",
        **ENVIRONMENT,
        **environment,
    }
    process_environment = {**os.environ, **settings}
    file = folder / "db.sqlite3"
    if settings["DATABASE_URL"] != f"sqlite:///{file}":
        manage(process_environment, "migrate", "-v0")
    elif not file.exists():
        copy_migrated(file)
    log = folder / f"server-{port}.log"
    command = [sys.executable, *(part.format(port=port) for part in server)]
    with (
        log.open("wb") as output,
        subprocess.Popen(  # noqa: S603 - our own command
            command,
            env=process_environment,
            cwd=ROOT,
            stdout=output,
            stderr=output,
            start_new_session=True,
        ) as process,
    ):
        running = Server(port, process, process_environment)
        try:
            wait_until_alive(process, lambda: running.http.get("/healthz").is_success, log)
            yield running
        finally:
            running.http.close()
            process.terminate()
            process.wait(timeout=60)


def wait_until_alive(
    process: "subprocess.Popen[bytes]", is_alive: Callable[[], object], log: Path
) -> None:
    """Wait until ``is_alive`` returns a true value. Raises RuntimeError or TimeoutError."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            status = process.returncode
            raise RuntimeError(
                f"the server stopped at the start with status {status}:\n{log.read_text()}"
            )
        try:
            if is_alive():
                return
        except httpx.TransportError:
            time.sleep(0.05)  # the port is not open yet
    raise TimeoutError(f"the server did not start:\n{log.read_text()}")
