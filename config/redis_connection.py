"""The connection to Redis for live updates, and notice that it was lost and made again.

Redis keeps no messages for a client that is not connected, so live updates of the time between are
lost without a trace.
"""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from users.listeners import add_once

Listener = Callable[[], Coroutine[Any, Any, None]]

_listeners: list[Listener] = []
# asyncio itself keeps only weak references to tasks, which could vanish before they end.
_tasks: set[asyncio.Task[None]] = set()


def channel_layers(address: str) -> dict[str, Any]:
    """Return Django's setting ``CHANNEL_LAYERS``; "" as the URL: updates stay in the process."""
    # One channel of the process receives the updates for all of its sockets.
    layer: dict[str, Any] = {
        "BACKEND": "channels.layers.InMemoryChannelLayer",
        "CONFIG": {"capacity": 10_000},
    }
    if address:
        layer = {
            # Redis sends a message once to each process, which passes it to its sockets. The other
            # layer of the library keeps in Redis who listens: after its restart nobody does.
            "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
            "CONFIG": {"hosts": [host(address)], "prefix": "cybermed"},
        }
    return {"default": layer}


def host(address: str) -> dict[str, Any]:
    """Return the Redis server at a URL as an entry of the ``hosts`` of a channel layer."""
    return {
        "address": address,
        # A connection that was cut while idle times out at its next use; redis-py then retries.
        "retry_on_timeout": True,
        "socket_connect_timeout": 2,  # seconds
        "socket_timeout": 5,
        # Seconds between probes of a connection on which nothing arrives.
        "health_check_interval": 10,
        "redis_connect_func": _greet,
    }


def on_reconnection(listener: Listener) -> None:
    """Call ``listener`` each time after the connection was made again, in its event loop."""
    add_once(_listeners, listener)


async def _greet(connection: Any) -> None:
    """Do what redis-py does on a new connection, and tell the listeners if it replaces a lost one.

    For the option ``redis_connect_func`` of redis-py. A connection that has subscriptions already
    was connected before: redis-py repeats them after this function.
    """
    await connection.on_connect()
    if connection._connect_callbacks:  # noqa: SLF001 - redis-py has no public way to it
        # Not awaited: a client that does not read would hold the connection of all others.
        for listener in _listeners:
            task = asyncio.create_task(listener())
            _tasks.add(task)
            task.add_done_callback(_tasks.discard)
