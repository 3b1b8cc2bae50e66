"""Many subscriptions of one account do not multiply the queries of each event."""

import asyncio
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


def selects_of_event(
    reader: User, number: int, topic: str, message: dict[str, Any], query: str, **variables: object
) -> int:
    """Send an event to ``number`` subscriptions of the reader. Returns the number of SELECTs."""
    token, database = refresh_tokens.start(reader).access_token, connections["default"]

    async def send_event() -> int:
        socket, layer = LocalWebSocket(), get_channel_layer()
        assert layer is not None
        assert await socket.open(token) == {"type": "connection_ack"}
        for id_ in range(number):
            await socket.subscribe(str(id_), query, **variables)
            assert await socket.receive() == {"type": "pong"}
        await asyncio.sleep(0.5)  # the protocol does not confirm a subscription
        first = len(database.queries_log)
        await layer.group_send(topic, {"type": topic, "event": str(number), **message})
        received = [await socket.receive() for _ in range(number)]
        last = len(database.queries_log)
        await socket.close()
        assert sorted(message["id"] for message in received) == sorted(map(str, range(number)))
        log = list(database.queries_log)[first:last]
        return sum(entry["sql"].lstrip().startswith("SELECT") for entry in log)

    with CaptureQueriesContext(database):
        return async_to_sync(send_event)()


@pytest.mark.parametrize("role", ["doctor", "patient"])
def test_event_of_an_appointment_is_queried_once_for_20_subscriptions(
    ann: Patient, dora: Doctor, role: str
) -> None:
    reader = dora.user if role == "doctor" else ann.user
    message = {"appointment": book_as_patient(ann, dora).pk}
    one, twenty = (
        selects_of_event(reader, number, user_group(reader.pk), message, APPOINTMENTS)
        for number in (1, 20)
    )
    assert twenty == one


def test_event_of_a_doctor_is_queried_once_for_20_subscriptions(ann: Patient, dora: Doctor) -> None:
    message = {"doctor": dora.pk, "date": "2026-03-03"}
    one, twenty = (
        selects_of_event(
            ann.user, number, doctor_group(dora.pk), message, AVAILABILITY, id=id_of(dora)
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
        socket, layer = LocalWebSocket(), get_channel_layer()
        assert layer is not None
        assert await socket.open(token) == {"type": "connection_ack"}
        await socket.subscribe("1", APPOINTMENTS)
        assert await socket.receive() == {"type": "pong"}
        await asyncio.sleep(0.5)  # the protocol does not confirm a subscription
        received = []
        for event in range(3):
            await layer.group_send(topic, {"type": topic, "event": f"a{event}", **message})
            received.append((await socket.receive())["type"])
        await socket.close()
        return received

    assert async_to_sync(receive_events)() == ["next", "next", "websocket.close"]
