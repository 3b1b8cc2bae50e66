"""Publish committed domain events to the channel layer."""

import asyncio
import logging
import os
import secrets
from concurrent.futures import CancelledError, Future
from functools import cache
from threading import BoundedSemaphore, Thread

from asgiref.sync import SyncToAsync
from channels.layers import InMemoryChannelLayer, get_channel_layer

from clinic.events import AppointmentChanged, AvailabilityChanged, Event
from users.common import metrics

logger = logging.getLogger(__name__)

PUBLISH_TIMEOUT_SECONDS = 10
# Changes whose messages this process has not sent yet. Further ones are not sent: while the channel
# layer does not answer, they would fill the memory.
MAX_PENDING = 1_000
_pending = BoundedSemaphore(MAX_PENDING)
# Receives the changes of all appointments, for staff.
STAFF_GROUP = "staff.appointments"


def user_group(user_id: int) -> str:
    return f"person.{user_id}"


def doctor_group(doctor_id: int) -> str:
    return f"doctor.{doctor_id}"


def publish(events: list[Event]) -> None:
    """Send committed events to the channel layer, without waiting until they are sent.

    Messages contain ids and dates only. ``event`` of a message is random; subscriptions share what
    they load for it. Events that cannot be sent are logged.
    """
    loop = _running_websocket_loop()
    if loop is None and isinstance(get_channel_layer(), InMemoryChannelLayer):
        return  # No WebSocket in this process, and the layer does not reach other processes.
    if not _pending.acquire(blocking=False):
        metrics.count_live_update("dropped")
        logger.error("A change was not published: %s others are waiting to be sent", MAX_PENDING)
        return
    messages = [message for event in events for message in _messages(event)]
    sent = asyncio.run_coroutine_threadsafe(_send(messages), loop or _background_loop(os.getpid()))
    sent.add_done_callback(_finish)


def _finish(sent: Future[None]) -> None:
    _pending.release()
    error = CancelledError() if sent.cancelled() else sent.exception()
    metrics.count_live_update("published" if error is None else "failed")
    if error is not None:
        logger.error("A change was not published: %s: %s", type(error).__name__, error)


def _running_websocket_loop() -> asyncio.AbstractEventLoop | None:
    """Return the event loop that serves WebSockets in this process, or None."""
    loop: asyncio.AbstractEventLoop | None = getattr(
        SyncToAsync.threadlocal, "main_event_loop", None
    )
    # The thread-local keeps a loop after it has stopped.
    return loop if loop and loop.is_running() else None


@cache
def _background_loop(_process: int) -> asyncio.AbstractEventLoop:
    """Return a loop that runs in a background thread of this process.

    ``async_to_sync`` instead would create a thread, a loop and a Redis connection per call.
    Cached per process id, because the thread does not exist in the child after a fork.
    """
    loop = asyncio.new_event_loop()
    Thread(target=loop.run_forever, name="publisher", daemon=True).start()
    return loop


def _messages(event: Event) -> list[tuple[str, dict[str, object]]]:
    match event:
        case AppointmentChanged(appointment, people):
            groups = (*map(user_group, people), STAFF_GROUP)
            return [(group, {"appointment": appointment}) for group in groups]
        case AvailabilityChanged(doctor, date):
            day = date and date.isoformat()
            return [(doctor_group(doctor), {"doctor": doctor, "date": day})]


async def _send(messages: list[tuple[str, dict[str, object]]]) -> None:
    layer = get_channel_layer()
    assert layer, "set in CHANNEL_LAYERS"  # noqa: S101 - for the type checker
    async with asyncio.timeout(PUBLISH_TIMEOUT_SECONDS):
        for topic, message in messages:
            event = secrets.token_hex(8)
            await layer.group_send(topic, {"type": topic, "event": event, **message})
