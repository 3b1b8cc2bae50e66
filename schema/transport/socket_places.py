"""The places of an account that one WebSocket connection holds."""

import asyncio

from asgiref.sync import sync_to_async

from schema.core.errors import CodedError, ErrorCode
from users.common import places
from users.common.places import PLACE_SECONDS, UNCOUNTED, PlaceLimit


class SocketPlaces:
    """The place of the connection itself and those of its subscriptions."""

    def __init__(self) -> None:
        self._held: set[str] = set()
        # asyncio keeps only weak references to tasks.
        self._releases: set[asyncio.Task[None]] = set()

    async def take(self, limit: PlaceLimit, user_id: str) -> str:
        """Take a place. Raises CodedError (RATE_LIMITED) if the account has none left."""
        place = await sync_to_async(places.take)(limit, user_id)
        if place is None:
            kind = limit.name.lower()
            message = f"An account can have at most {limit.value} {kind} at the same time."
            raise CodedError(ErrorCode.RATE_LIMITED, message, retryAfter=PLACE_SECONDS)
        if place != UNCOUNTED:
            self._held.add(place)
        return place

    def release(self, place: str) -> None:
        """Free the place in the background."""
        if place in self._held:
            self._held.remove(place)
            task = asyncio.ensure_future(sync_to_async(places.release)([place]))
            self._releases.add(task)
            task.add_done_callback(self._releases.discard)

    async def renew(self) -> None:
        if self._held:
            await sync_to_async(places.renew)(frozenset(self._held))

    async def release_all(self) -> None:
        held, self._held = self._held, set()
        if held:
            await sync_to_async(places.release)(held)
