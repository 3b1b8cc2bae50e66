"""Publishes committed events to the channel layer."""

import asyncio
import os
from functools import cache
from threading import Thread

from asgiref.sync import SyncToAsync
from channels.layers import InMemoryChannelLayer, get_channel_layer

from clinic.events import AppointmentChanged, AvailabilityChanged, Event

PUBLISH_TIMEOUT_SECONDS = 10


def user_group(user_id: int) -> str:
    return f"person.{user_id}"


def doctor_group(doctor_id: int) -> str:
    return f"doctor.{doctor_id}"


def publish(events: list[Event]) -> None:
    """Put committed events on the channel layer: ids and times, nothing personal."""
    loop = _running_websocket_loop()
    if loop is None and isinstance(get_channel_layer(), InMemoryChannelLayer):
        return  # Nobody listens in this process, and others could not hear it.
    messages = [message for event in events for message in _messages(event)]
    sent = asyncio.run_coroutine_threadsafe(_send(messages), loop or _background_loop(os.getpid()))
    # A loop that ends just now never answers.
    sent.result(PUBLISH_TIMEOUT_SECONDS)


def _running_websocket_loop() -> asyncio.AbstractEventLoop | None:
    """The event loop that this process' sockets are served by; None if it serves none."""
    loop: asyncio.AbstractEventLoop | None = getattr(
        SyncToAsync.threadlocal, "main_event_loop", None
    )
    # A thread remembers a loop that it once worked for, also when it has ended.
    return loop if loop and loop.is_running() else None


@cache
def _background_loop(_process: int) -> asyncio.AbstractEventLoop:
    """Not ``async_to_sync``, which makes a thread, a loop and a connection to Redis each time."""
    # Of each process its own: the thread that runs it is not there after a fork.
    loop = asyncio.new_event_loop()
    Thread(target=loop.run_forever, name="publisher", daemon=True).start()
    return loop


def _messages(event: Event) -> list[tuple[str, dict[str, object]]]:
    match event:
        case AppointmentChanged(appointment, people):
            return [(user_group(person), {"appointment": appointment}) for person in people]
        case AvailabilityChanged(doctor, date):
            day = date and date.isoformat()
            return [(doctor_group(doctor), {"doctor": doctor, "date": day})]


async def _send(messages: list[tuple[str, dict[str, object]]]) -> None:
    layer = get_channel_layer()
    assert layer, "CHANNEL_LAYERS names one"  # noqa: S101 - for the type checker
    for topic, message in messages:
        await layer.group_send(topic, {"type": topic, **message})
