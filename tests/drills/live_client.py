"""A client of live updates that connects again when its connection is lost, as graphql-ws does."""

import asyncio
import json
import random
from contextlib import suppress
from typing import Any

import httpx
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException

from tests.contract.documents import document_of
from tests.support.websocket_client import PROTOCOL

# A client waits for a random part of it before it connects again.
MAX_RETRY_SECONDS = 1.0
APPOINTMENTS = "query { appointments(first: 50) { edges { node { id date time status } } } }"

State = dict[str, Any]


class LiveClient:
    """A connection with some subscriptions to the same document, and the appointments it knows."""

    def __init__(self, address: str, http: httpx.AsyncClient, token: str, number: int = 1) -> None:
        self._url = f"ws://{address}/graphql/"
        self._http, self._token, self._number = http, token, number
        self.known: State = {}
        # Events of the present connection, in all subscriptions.
        self.events = 0
        # Of these, an event was received since then: what is loaded meanwhile can be older.
        self._changed: set[str] = set()
        # Set while every subscription receives events and the present state was loaded.
        self.is_live = asyncio.Event()
        self.is_current = asyncio.Event()
        self._loading: asyncio.Task[None] | None = None

    async def run(self) -> None:
        """Stay connected until cancelled."""
        while True:
            try:
                async with connect(
                    self._url, subprotocols=[PROTOCOL], open_timeout=60, proxy=None
                ) as socket:
                    await self._follow(socket)
            except (OSError, WebSocketException, TimeoutError):
                self.is_live.clear()
                self.is_current.clear()
                # What it has asked for during the lost connection would replace newer states.
                if self._loading:
                    self._loading.cancel()
                await asyncio.sleep(random.uniform(0, MAX_RETRY_SECONDS))  # noqa: S311 - no secret

    async def _follow(self, socket: ClientConnection) -> None:
        self.events = 0
        authorization = {"Authorization": f"Bearer {self._token}"}
        await _send(socket, type="connection_init", payload=authorization)
        payload = {"query": document_of("AppointmentChanged")}
        assert json.loads(await socket.recv()) == {"type": "connection_ack"}
        for number in range(self._number):
            await _send(socket, type="subscribe", id=str(number), payload=payload)
        # Answered when all subscriptions receive events: what is loaded then misses none.
        await _send(socket, type="ping")
        self._changed.clear()
        async for text in socket:
            message = json.loads(text)
            if message == {"type": "pong"}:
                self.is_live.set()
                self._loading = asyncio.create_task(self._load())
            else:
                self._receive(message)
        # The server has closed the connection without an error.
        raise ConnectionResetError

    def _receive(self, message: Any) -> None:
        assert message["type"] == "next", message
        appointment = message["payload"]["data"]["appointmentChanged"]
        self.known[appointment["id"]] = appointment
        self._changed.add(appointment["id"])
        self.events += 1

    async def _load(self) -> None:
        headers = {"Authorization": f"Bearer {self._token}"}
        answer: Any = {"data": None}
        while not answer["data"]:
            # Hundreds of clients load at once: the server asks some to try again.
            with suppress(httpx.TransportError):
                response = await self._http.post(
                    "/graphql/", json={"query": APPOINTMENTS}, headers=headers
                )
                answer = response.json()
        for edge in answer["data"]["appointments"]["edges"]:
            if edge["node"]["id"] not in self._changed:
                self.known[edge["node"]["id"]] = edge["node"]
        self.is_current.set()


async def _send(socket: ClientConnection, **message: object) -> None:
    await socket.send(json.dumps(message))
