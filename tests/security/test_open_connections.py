"""Sockets and subscriptions that one account holds open at the same time."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.core.cache import cache
from pytest_django import Settings

from clinic.models import Patient
from tests.support.websocket_app import LocalWebSocket
from users.authentication import refresh_tokens
from users.common.places import PlaceLimit

# Channels closes connections that are in a transaction.
pytestmark = pytest.mark.django_db(transaction=True)

SUBSCRIPTION = "subscription { appointmentChanged { id } }"
ACK, PONG = {"type": "connection_ack"}, {"type": "pong"}
TRY_AGAIN_LATER = 1013
TOO_MANY_SUBSCRIPTIONS = {
    "message": "An account can have at most 50 subscriptions at the same time.",
    "extensions": {"code": "RATE_LIMITED", "retryAfter": 90},
}


async def open_sockets(token: str, number: int) -> list[LocalWebSocket]:
    sockets = [LocalWebSocket() for _ in range(number)]
    for socket in sockets:
        assert await socket.open(token) == ACK
    return sockets


async def subscribe(socket: LocalWebSocket, first: int, number: int) -> list[Any]:
    """Start subscriptions with the ids from ``first`` on; return the errors."""
    for id_ in range(first, first + number):
        await socket.subscribe(str(id_), SUBSCRIPTION)
    answers = [await socket.receive() for _ in range(number)]
    errors = [answer["payload"] for answer in answers if answer != PONG]
    for _ in errors:  # each pong of a rejected subscription follows its error
        assert await socket.receive() == PONG
    return errors


async def close_all(sockets: list[LocalWebSocket]) -> None:
    for socket in sockets:
        await socket.close()


def in_loop(attack: Callable[[str], Awaitable[None]], ann: Patient) -> None:
    """Run ``attack`` with a token of Ann's in an event loop."""
    async_to_sync(attack)(refresh_tokens.start(ann.user).access_token)


def test_sixth_socket_of_an_account_is_closed(ann: Patient, ben: Patient) -> None:
    other = refresh_tokens.start(ben.user).access_token

    async def attack(token: str) -> None:
        sockets = await open_sockets(token, 5)
        sixth = LocalWebSocket()
        closed = await sixth.open(token)
        assert (closed["type"], closed["code"]) == ("websocket.close", TRY_AGAIN_LATER)
        await close_all([sixth, *await open_sockets(other, 1)])
        # A place that was released can be taken again, only once.
        await sockets.pop().close()
        sockets += await open_sockets(token, 1)
        assert (await LocalWebSocket().open(token))["type"] == "websocket.close"
        await close_all(sockets)

    in_loop(attack, ann)


def test_subscription_51_of_an_account_is_rejected(ann: Patient) -> None:
    async def attack(token: str) -> None:
        sockets = await open_sockets(token, 3)
        assert await subscribe(sockets[0], 0, 20) == []
        assert await subscribe(sockets[1], 0, 20) == []
        assert await subscribe(sockets[2], 0, 11) == [[TOO_MANY_SUBSCRIPTIONS]]
        await sockets[0].close()
        assert await subscribe(sockets[2], 20, 1) == []
        await close_all(sockets[1:])

    in_loop(attack, ann)


def test_sockets_of_an_account_are_unlimited_without_rate_limits(
    ann: Patient, settings: Settings
) -> None:
    settings.RATE_LIMIT_ENABLED = settings.RATELIMIT_ENABLE = False

    async def attack(token: str) -> None:
        await close_all(await open_sockets(token, 6))

    in_loop(attack, ann)


@pytest.mark.parametrize("limit", PlaceLimit)
def test_places_of_a_closed_socket_are_free(ann: Patient, limit: PlaceLimit) -> None:
    keys = [f"place:{limit.name}:{ann.user.pk}:{number}" for number in range(limit.value)]

    async def attack(token: str) -> None:
        [socket] = await open_sockets(token, 1)
        await subscribe(socket, 0, 2)
        expected = {"SOCKETS": 1, "SUBSCRIPTIONS": 2}[limit.name]
        assert len(cache.get_many(keys)) == expected
        await socket.close()
        assert cache.get_many(keys) == {}

    in_loop(attack, ann)
