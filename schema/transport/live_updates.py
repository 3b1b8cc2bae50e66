"""Live updates of this process: messages of the channel layer, passed to its subscriptions.

Of each message, all subscriptions of the process are admitted at once, and those of one caller that
ask for the same are executed once. Otherwise 1,000 subscriptions would query the database 1,000
times, and take several seconds of computing time.
"""

import asyncio
import logging
from collections import defaultdict
from collections.abc import AsyncGenerator, Awaitable, Callable, Hashable, Mapping, Sequence
from contextlib import suppress
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any
from weakref import WeakKeyDictionary

from channels.layers import get_channel_layer

from schema.transport.event_admission import Admission, Connection, admit
from schema.transport.shared_loads import SHARED_SECONDS
from users.authentication.middleware import TokenRequest

logger = logging.getLogger(__name__)

# graphql-ws reconnects after this close code, and its user then loads the present state.
SERVICE_RESTART = 1012
INTERRUPTED = "Live updates were interrupted"


@dataclass(eq=False)
class Listener:
    """A subscription: its connection, and everything but the caller on which its answers depend.

    ``send_payload`` sends an event with this encoded payload.
    """

    connection: Connection
    question: Hashable
    send_payload: Callable[[str], Awaitable[None]]
    deliveries: "asyncio.Queue[Delivery]" = field(default_factory=asyncio.Queue)
    is_listening: asyncio.Event = field(default_factory=asyncio.Event)
    # Of the event that it executes at present.
    execution: "SharedExecution | None" = None


# Set in the task of each subscription.
current_listener: ContextVar[Listener] = ContextVar("current_listener")


class SharedExecution:
    """The execution of one event for all listeners of one caller with the same question."""

    def __init__(self, listeners: Sequence[Listener]) -> None:
        connections = dict.fromkeys(each.connection for each in listeners)
        self.requests: list[TokenRequest] = [each.request for each in connections]
        # Whether it is shared, and the payload; None if the event has none for this caller.
        self._result: tuple[bool, str | None] = (False, None)
        self._is_finished = asyncio.Event()

    def publish(self, payload: str | None) -> None:
        self._finish(shared=True, payload=payload)

    def abandon(self) -> None:
        """Let every listener execute the event separately. No effect after ``publish()``."""
        self._finish(shared=False)

    def _finish(self, *, shared: bool, payload: str | None = None) -> None:
        if not self._is_finished.is_set():
            self._result = (shared, payload)
            self._is_finished.set()

    async def result(self) -> tuple[bool, str | None]:
        await self._is_finished.wait()
        return self._result


class Delivery:
    """A message, and what its listeners share for ``SHARED_SECONDS`` after the first handles it."""

    def __init__(self, message: Mapping[str, Any], listeners: Sequence[Listener]) -> None:
        self.message = message
        self._listeners = listeners
        self._admission: asyncio.Task[Admission] | None = None
        # The admitted listeners of each execution.
        self._sharing: defaultdict[Hashable, list[Listener]] = defaultdict(list)
        self._executions: dict[Hashable, SharedExecution] = {}
        self._expires_at: float | None = None

    def handled_by(self, listener: Listener) -> "Delivery":
        """Return itself, or a delivery to this listener only if it comes late.

        The row, or the right to see it, can have changed in the meantime.
        """
        now = asyncio.get_running_loop().time()
        if self._expires_at is None:
            self._expires_at = now + SHARED_SECONDS
        return self if now < self._expires_at else Delivery(self.message, [listener])

    async def admits(self, listener: Listener) -> bool:
        """Whether the listener receives the event. Closes its connection otherwise."""
        if self._admission is None:
            self._admission = asyncio.create_task(self._admit())
        if not self._admission.done():
            # To await it would cancel it for the others if this listener ends.
            await asyncio.wait([self._admission])
        rejected = self._admission.result().get(listener.connection)
        if rejected:
            await listener.connection.close(*rejected)
        return rejected is None

    async def _admit(self) -> Admission:
        rejected = await admit([each.connection for each in self._listeners])
        for each in self._listeners:
            if each.connection not in rejected:
                self._sharing[_key(each)].append(each)
        return rejected

    def execution_for(self, listener: Listener) -> tuple[SharedExecution, bool]:
        """Return the execution for an admitted listener, and whether the listener must do it."""
        key = _key(listener)
        if found := self._executions.get(key):
            return found, False
        execution = self._executions[key] = SharedExecution(self._sharing[key])
        return execution, True


def _key(listener: Listener) -> Hashable:
    return listener.connection.user.pk, listener.question


class LiveUpdates:
    """The listeners of an event loop by topic, and the task that receives their messages."""

    def __init__(self) -> None:
        layer = get_channel_layer()
        assert layer, "set in CHANNEL_LAYERS"  # noqa: S101 - for the type checker
        self._layer = layer
        # Listeners are ordered, so that events are sent in the order of the subscriptions.
        self._topics: dict[str, dict[Listener, None]] = {}
        self._lock = asyncio.Lock()
        self._channel = ""
        self._receiver: asyncio.Task[None] | None = None

    async def messages(
        self, topic: str, listener: Listener
    ) -> AsyncGenerator[Mapping[str, Any], None]:
        """Yield the messages that the listener must execute, while its token is valid.

        The payloads of others, which another listener has executed, are sent to it here.
        """
        try:
            await self._add(topic, listener)
            listener.is_listening.set()
            while True:
                delivery = (await listener.deliveries.get()).handled_by(listener)
                if not await delivery.admits(listener):
                    return
                execution, must_execute = delivery.execution_for(listener)
                if not must_execute:
                    shared, payload = await execution.result()
                    if payload is not None:
                        await listener.send_payload(payload)
                    if shared:
                        continue
                    execution = SharedExecution([listener])
                listener.execution = execution
                yield delivery.message
                # Without effect if the event was sent; otherwise the caller cannot see it.
                execution.publish(None)
        finally:
            await self._remove(topic, listener)

    async def _add(self, topic: str, listener: Listener) -> None:
        async with self._lock:
            if self._receiver is None:
                self._channel = await self._layer.new_channel()
                self._receiver = asyncio.create_task(self._receive())
            listeners = self._topics.setdefault(topic, {})
            if not listeners:
                await self._layer.group_add(topic, self._channel)
            listeners[listener] = None

    async def _remove(self, topic: str, listener: Listener) -> None:
        async with self._lock:
            listeners = self._topics.get(topic, {})
            listeners.pop(listener, None)
            if topic in self._topics and not listeners:
                del self._topics[topic]
                await self._layer.group_discard(topic, self._channel)
            if self._receiver and not self._topics:
                receiver, self._receiver = self._receiver, None
                receiver.cancel()
                with suppress(asyncio.CancelledError):
                    await receiver

    async def _receive(self) -> None:
        try:
            while True:
                message = await self._layer.receive(self._channel)
                listeners = tuple(self._topics.get(message["type"], ()))
                delivery = Delivery(message, listeners)
                for listener in listeners:
                    listener.deliveries.put_nowait(delivery)
        except Exception:  # whatever it is: otherwise the sockets stay open and receive nothing
            logger.exception("Live updates could not be received")
            self._receiver = None
            await self._close_connections()

    async def _close_connections(self) -> None:
        """Close all connections: their clients connect again and load what they have missed."""
        listeners = [each for topic in self._topics.values() for each in topic]
        connections = {each.connection for each in listeners}
        closing = (each.close(SERVICE_RESTART, INTERRUPTED) for each in connections)
        await asyncio.gather(*closing, return_exceptions=True)


_of_loops: WeakKeyDictionary[asyncio.AbstractEventLoop, LiveUpdates] = WeakKeyDictionary()


def live_updates() -> LiveUpdates:
    """Return the live updates of the running event loop."""
    loop = asyncio.get_running_loop()
    if loop not in _of_loops:
        _of_loops[loop] = LiveUpdates()
    return _of_loops[loop]
