"""A WebSocket client of the ASGI application in this process, which shares its database."""

import json
from typing import Any

from asgiref.testing import ApplicationCommunicator

from config.asgi import application

communicate_with: Any = ApplicationCommunicator  # it has no types
PROTOCOL = "graphql-transport-ws"
WAIT_SECONDS = 60
SCOPE = {
    "type": "websocket",
    "path": "/graphql/",
    "query_string": b"",
    "subprotocols": [PROTOCOL],
    "headers": [(b"host", b"testserver")],
    "client": ("127.0.0.1", 50_000),
    "server": ("testserver", 80),
}


class LocalWebSocket:
    """A connection; must be used in one event loop."""

    def __init__(self) -> None:
        self._communicator = communicate_with(application, {**SCOPE})

    async def open(self, token: str) -> Any:
        """Connect and authenticate. Returns the answer, or the message that closes the socket."""
        await self._communicator.send_input({"type": "websocket.connect"})
        await self._communicator.receive_output(timeout=WAIT_SECONDS)
        await self.send(type="connection_init", payload={"Authorization": f"JWT {token}"})
        return await self.receive()

    async def send(self, **message: object) -> None:
        text = json.dumps(message)
        await self._communicator.send_input({"type": "websocket.receive", "text": text})

    async def receive(self) -> Any:
        """Return the next message; one that is no text, such as a close, as it is."""
        output = await self._communicator.receive_output(timeout=WAIT_SECONDS)
        return json.loads(output["text"]) if output.get("text") else output

    async def subscribe(self, id_: str, query: str, **variables: object) -> None:
        """Subscribe, and wait until the server has handled the message."""
        payload = {"query": query, "variables": variables}
        await self.send(type="subscribe", id=id_, payload=payload)
        await self.send(type="ping")

    async def close(self) -> None:
        await self._communicator.send_input({"type": "websocket.disconnect", "code": 1000})
        await self._communicator.wait(timeout=WAIT_SECONDS)
