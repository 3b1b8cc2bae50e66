"""A client of a live server that records all output that must not contain leak markers."""

import json
import sqlite3
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

import httpx
from websockets.sync.client import connect
from websockets.typing import Subprotocol

from tests.contract.documents import document_of
from tests.security.leak_markers import markers_in
from tests.support.fixtures.smtp_server import MailServer
from tests.support.live_server import Server
from tests.support.processes import ROOT


class LeakRecorder:
    """Sends requests to the API and the admin.

    ``output`` has what was recorded by its kind: ``log``, ``errors``, ``headers`` and ``sockets``.
    """

    def __init__(self, server: Server, folder: Path, mail_server: MailServer) -> None:
        self.server, self.folder, self.mail_server = server, folder, mail_server
        self.output: dict[str, bytes] = defaultdict(bytes)
        self.secrets: list[str] = []
        self.admin = httpx.Client(base_url=server.http.base_url, timeout=60)
        for client in (server.http, self.admin):
            client.event_hooks["response"] = [self._record_headers]

    def _record_headers(self, response: httpx.Response) -> None:
        # The admin's messages are in a cookie until the next page shows them to the same user.
        headers = {name: v for name, v in response.headers.items() if name != "set-cookie"}
        self.output["headers"] += f"{headers}\n".encode()

    def send(self, name: str, token: str | None = None, **variables: object) -> Any:
        """Send an operation that must succeed and return its root field, which is not recorded."""
        response = self.server.api(name, variables, token=token)
        assert "errors" not in response, response
        (field,) = response["data"].values()
        return field

    def send_invalid(self, name: str, token: str | None = None, **variables: object) -> None:
        """Send an operation and record the response, which must not repeat or reveal anything."""
        response = self.server.api(name, variables, token=token)
        self.output["errors"] += json.dumps(response).encode()

    def post_invalid(self, body: bytes) -> None:
        headers = {"Content-Type": "application/json"}
        response = self.server.http.post("/graphql/", content=body, headers=headers)
        self.output["errors"] += response.content

    def get(self, url: str) -> None:
        """Record the response to a GET request."""
        self.output["errors"] += self.server.http.get(url).content

    def upload(self, token: str, name: str, content: bytes) -> None:
        operations = {"query": document_of("UploadAvatar"), "variables": {"image": None}}
        response = self.server.http.post(
            "/graphql/",
            data={"operations": json.dumps(operations), "map": '{"0": ["variables.image"]}'},
            files={"0": (name, content)},
            headers={"Authorization": f"JWT {token}", "Apollo-Require-Preflight": "true"},
        )
        self.output["errors"] += response.content

    def sign_in(self, email: str, password: str) -> str:
        """Return an access token and keep it as a secret."""
        tokens = self.send("TokenAuth", email=email, password=password)
        self.secrets += [tokens["token"], tokens["refreshToken"]]
        token: str = tokens["token"]
        return token

    @contextmanager
    def subscribed(self, token: str) -> Iterator[None]:
        """Record the events for appointments of the token's user for the duration of the block."""
        url, protocol = f"ws://{self.server.address}/graphql/", Subprotocol("graphql-transport-ws")
        with connect(url, subprotocols=[protocol], open_timeout=60) as socket:
            init = {"type": "connection_init", "payload": {"Authorization": f"JWT {token}"}}
            payload = {"query": document_of("AppointmentChanged")}
            for message in (init, {"type": "subscribe", "id": "1", "payload": payload}):
                socket.send(json.dumps(message))
            socket.recv(timeout=60)
            yield
            self.output["sockets"] += str(socket.recv(timeout=60)).encode()
            with suppress(TimeoutError):
                while True:
                    self.output["sockets"] += str(socket.recv(timeout=2)).encode()

    def get_admin_page(self, path: str) -> str:
        page = self.admin.get(f"/admin/{path}", follow_redirects=True)
        assert page.status_code == 200, path
        return page.text

    def post_admin_form(self, path: str, **form: object) -> int:
        """Return the status of the response."""
        form["csrfmiddlewaretoken"] = self.admin.cookies["csrftoken"]
        return self.admin.post(f"/admin/{path}", data=form).status_code

    def run_tasks(self) -> None:
        command = [sys.executable, str(ROOT / "manage.py"), "db_worker", "--batch", "-v3"]
        done = subprocess.run(  # noqa: S603 - our own command
            command, env=self.server.environment, cwd=ROOT, capture_output=True, check=True
        )
        self.output["log"] += done.stdout + done.stderr

    def execute(self, sql: str) -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(self.folder / "db.sqlite3", timeout=60)) as connection:
            return connection.execute(sql).fetchall()

    def markers_by_table(self) -> dict[str, set[str]]:
        """Return the markers in each table of the database, without tables that have none."""
        names = self.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        stored = {name: markers_in(self._content_of(name)) for (name,) in names}
        return {name: markers for name, markers in stored.items() if markers}

    def _content_of(self, table: str) -> bytes:
        rows = self.execute(f'SELECT * FROM "{table}"')  # noqa: S608 - our own tables
        values = (value for row in rows for value in row)
        return b"\n".join(v if isinstance(v, bytes) else str(v).encode() for v in values)
