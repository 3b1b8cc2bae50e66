"""Loads of an event that the subscriptions of this process share.

Each subscription would otherwise query the database for each event: one booking with 500
subscriptions of one account took more than a second of computing time.
"""

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from typing import Any, TypeVar, cast

T = TypeVar("T")

# All subscriptions receive an event at about the same time. A later one loads it again, because
# the row can have changed.
SHARED_SECONDS = 2


class SharedLoads:
    """The results of loads, each kept for ``SHARED_SECONDS`` after its start."""

    def __init__(self) -> None:
        self._tasks: dict[Hashable, asyncio.Task[Any]] = {}

    async def load(self, key: Hashable, loader: Callable[[], Awaitable[T]]) -> T:
        """Return the result of ``loader``, which is called once for all callers with this key."""
        task = self._tasks.get(key)
        if task is None:
            task = self._tasks[key] = asyncio.ensure_future(_run(loader))
            task.get_loop().call_later(SHARED_SECONDS, self._tasks.pop, key, None)
        # Without the shield, a subscription that ends would cancel the load for the others.
        return cast("T", await asyncio.shield(task))


async def _run(loader: Callable[[], Awaitable[T]]) -> T:
    return await loader()


shared_loads = SharedLoads()
