"""A graphql-transport-ws client, and the messages that tests expect from subscriptions."""

import datetime as dt
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from itertools import count
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Subprotocol

from tests.contract.documents import document_of
from tests.support.live_accounts import Actor, next_monday
from tests.support.live_server import Server

PROTOCOL = Subprotocol("graphql-transport-ws")
WAIT_SECONDS = 60
# Days from next Monday on for add_day_off(), each used once.
DAYS_OFF = count(30)
# Start times within the default working hours, for a doctor with few appointments.
HALF_HOURS = [f"{n // 2:02}:{n % 2 * 30:02}" for n in range(18, 34)]


class WebSocketClient:
    """A client of the protocol that fails the test on unexpected messages."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket

    def initialise(self, token: str) -> None:
        self.send(type="connection_init", payload={"Authorization": f"Bearer {token}"})
        assert self.receive() == {"type": "connection_ack"}

    def send(self, **message: object) -> None:
        self.socket.send(json.dumps(message))

    def receive(self) -> Any:
        return json.loads(self.socket.recv(timeout=WAIT_SECONDS))

    def subscribe(self, name: str, id_: str = "1", **variables: object) -> None:
        payload = {"query": document_of(name), "variables": variables}
        self.send(type="subscribe", id=id_, payload=payload)

    def wait_until_subscribed(self, trigger: Callable[[], dict[str, object]]) -> None:
        """Call ``trigger`` until the event that it returns is received.

        The protocol does not confirm a subscription. If the event came too early, ``trigger``
        is called again after the server has answered a ping. Events of earlier calls are
        received before the returned one, so none of them is left afterwards.
        """
        for _attempt in range(100):
            expected = trigger()
            self.send(type="ping")
            received = list(iter(self.receive, {"type": "pong"}))
            if any(message["id"] == expected["id"] for message in received):
                while expected not in received:
                    received.append(self.receive())
                return
        pytest.fail("no event was received")

    def receive_until_closed(self) -> None:
        """Discard messages until the server closes the connection."""
        with suppress(ConnectionClosed):
            while True:
                self.receive()

    def close_code(self) -> int:
        """Return the code with which the server closes the connection next."""
        with pytest.raises(ConnectionClosed) as closed:
            self.receive()
        assert closed.value.rcvd is not None
        return closed.value.rcvd.code


@contextmanager
def open_websocket(
    server: Server, token: str | None = None, **options: Any
) -> Iterator[WebSocketClient]:
    """Open a connection and, with ``token``, initialise it. ``options``: those of ``connect``."""
    options = {"subprotocols": [PROTOCOL], "open_timeout": WAIT_SECONDS, **options}
    with connect(f"ws://{server.address}/graphql/", **options) as socket:
        client = WebSocketClient(socket)
        if token:
            client.initialise(token)
        yield client


def event(id_: str, field: str, value: object) -> dict[str, object]:
    """Return the message of an event of the subscription ``id_``."""
    return {"id": id_, "type": "next", "payload": {"data": {field: value}}}


def appointment_event(appointment: Any, id_: str = "1") -> dict[str, object]:
    """Return the ``appointmentChanged`` event with the current state of the appointment."""
    value = {key: appointment[key] for key in ("id", "date", "time", "status")}
    return event(id_, "appointmentChanged", value)


def add_day_off(doctor: Actor, id_: str = "1") -> dict[str, object]:
    """Add a time off on another day. Returns the ``availabilityChanged`` event to expect."""
    day = next_monday() + dt.timedelta(days=next(DAYS_OFF))
    off = {"startsAt": f"{day}T10:00:00Z", "endsAt": f"{day}T11:00:00Z"}
    doctor.send("AddTimeOff", input=off)
    return event(id_, "availabilityChanged", {"doctorId": doctor.id, "date": day.isoformat()})
