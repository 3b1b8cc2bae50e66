"""Many subscriptions of one account do not multiply the queries of each event."""

import asyncio
import datetime as dt
import secrets
from collections.abc import Callable
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from django.db import connections
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from clinic.models import Doctor, Patient
from schema.transport.publisher import doctor_group, user_group
from tests.support.booking import book_as_patient
from tests.support.global_ids import id_of
from tests.support.websocket_app import LocalWebSocket
from users.authentication import refresh_tokens
from users.models import User

# Channels closes connections that are in a transaction.
pytestmark = pytest.mark.django_db(transaction=True)

APPOINTMENTS = "subscription { appointmentChanged { id patient { user { id email } } } }"
AVAILABILITY = "subscription ($id: ID!) { availabilityChanged(doctorId: $id) { date } }"


class Subscriptions:
    """Subscriptions of one socket to the same query, with the ids "0", "1", ..."""

    def __init__(self, topic: str, number: int) -> None:
        self.topic, self.ids = topic, {str(n) for n in range(number)}
        self.socket = LocalWebSocket()

    async def start(self, token: str, query: str, variables: dict[str, object]) -> None:
        assert await self.socket.open(token) == {"type": "connection_ack"}
        for id_ in sorted(self.ids):
            await self.socket.subscribe(id_, query, **variables)
            assert await self.socket.receive() == {"type": "pong"}

    async def publish(self, message: dict[str, Any]) -> None:
        await publish(self.topic, message)

    async def receive_from_all(self, *, until: Callable[[Any], bool] = bool) -> Any:
        """Receive until each subscription has sent a payload of that kind; return one of them."""
        missing, found = set(self.ids), None
        while missing:
            received = await self.socket.receive()
            if received["type"] == "next" and until(received["payload"]):
                missing.discard(received["id"])
                found = received["payload"]
        return found

    async def wait_until_all_receive(self, first: dict[str, Any], last: dict[str, Any]) -> None:
        """Publish ``first`` until all receive it, then ``last``, after which nothing is due.

        The protocol does not confirm a subscription. The two events must have other payloads.
        """
        missing, payload = set(self.ids), None
        while missing:
            await self.publish(first)
            await self.socket.send(type="ping")
            while (received := await self.socket.receive()) != {"type": "pong"}:
                missing.discard(received["id"])
                payload = received["payload"]
            await asyncio.sleep(0.05)  # otherwise hundreds of events are waiting at the end
        await self.publish(last)
        await self.receive_from_all(until=lambda other: bool(other != payload))


async def publish(topic: str, message: dict[str, Any]) -> None:
    """Send an event as ``schema.transport.publisher`` does."""
    layer = get_channel_layer()
    assert layer is not None
    await layer.group_send(topic, {"type": topic, "event": secrets.token_hex(8), **message})


def selects_of_event(
    reader: User,
    number: int,
    topic: str,
    messages: tuple[dict[str, Any], dict[str, Any]],
    query: str,
    **variables: object,
) -> int:
    """Send an event to ``number`` subscriptions of the reader. Returns the number of SELECTs.

    ``messages``: two events with different payloads, of which the first is measured.
    """
    token, database = refresh_tokens.start(reader).access_token, connections["default"]
    subscriptions = Subscriptions(topic, number)

    async def send_event() -> int:
        await subscriptions.start(token, query, variables)
        await subscriptions.wait_until_all_receive(*messages)
        first = len(database.queries_log)
        await subscriptions.publish(messages[0])
        await subscriptions.receive_from_all()
        last = len(database.queries_log)
        await subscriptions.socket.close()
        log = list(database.queries_log)[first:last]
        return sum(entry["sql"].lstrip().startswith("SELECT") for entry in log)

    with CaptureQueriesContext(database):
        return async_to_sync(send_event)()


@pytest.mark.parametrize("role", ["doctor", "patient"])
def test_event_of_an_appointment_is_queried_once_for_20_subscriptions(
    ann: Patient, dora: Doctor, role: str
) -> None:
    reader = dora.user if role == "doctor" else ann.user
    messages = (
        {"appointment": book_as_patient(ann, dora).pk},
        {"appointment": book_as_patient(ann, dora, time=dt.time(11)).pk},
    )
    one, twenty = (
        selects_of_event(reader, number, user_group(reader.pk), messages, APPOINTMENTS)
        for number in (1, 20)
    )
    assert twenty == one


def test_event_of_a_doctor_is_queried_once_for_20_subscriptions(ann: Patient, dora: Doctor) -> None:
    messages = (
        {"doctor": dora.pk, "date": "2026-03-03"},
        {"doctor": dora.pk, "date": "2026-03-04"},
    )
    one, twenty = (
        selects_of_event(
            ann.user, number, doctor_group(dora.pk), messages, AVAILABILITY, id=id_of(dora)
        )
        for number in (1, 20)
    )
    # The session and the doctor.
    assert (one, twenty) == (2, 2)


def test_events_use_up_the_minute_of_the_account_that_receives_them(
    ann: Patient, dora: Doctor, settings: Settings
) -> None:
    # The subscription costs 700, each event 100.
    settings.MAX_COST_PER_MINUTE = 900
    token = refresh_tokens.start(ann.user).access_token
    topic, message = user_group(ann.user.pk), {"appointment": book_as_patient(ann, dora).pk}

    async def receive_events() -> list[str]:
        socket, received = LocalWebSocket(), list[str]()
        assert await socket.open(token) == {"type": "connection_ack"}
        await socket.subscribe("1", APPOINTMENTS)
        assert await socket.receive() == {"type": "pong"}
        # The protocol does not confirm a subscription: the first events can come too early.
        while "websocket.close" not in received:
            await publish(topic, message)
            await socket.send(type="ping")
            answers = [(await socket.receive())["type"]]
            while answers[-1] not in {"pong", "websocket.close"}:
                answers.append((await socket.receive())["type"])
            received += answers
        await socket.close()
        return [answer for answer in received if answer != "pong"]

    assert async_to_sync(receive_events)() == ["next", "next", "websocket.close"]
