"""Limits of what an account has open at the same time, counted in the shared cache.

An account has a fixed number of places for each kind. Each is a key of the cache that expires
unless its holder renews it, so the places of a process that dies become free again.
"""

from collections.abc import Collection
from enum import Enum

from django.conf import settings
from django.core.cache import cache

from users.common.shared_cache import LoggedOutage

# A holder renews its places at least every RENEWAL_SECONDS.
PLACE_SECONDS = 90
RENEWAL_SECONDS = 30
# The place of a holder that is not counted, because the limits are off or the cache is unavailable.
UNCOUNTED = ""


class PlaceLimit(Enum):
    """The number of places of one user."""

    SOCKETS = 5
    SUBSCRIPTIONS = 50


def take(limit: PlaceLimit, user_id: str) -> str | None:
    """Take a free place. Returns its key, or None if all places of the user are taken."""
    if not settings.RATE_LIMIT_ENABLED:
        return UNCOUNTED
    keys = [f"place:{limit.name}:{user_id}:{number}" for number in range(limit.value)]
    with LoggedOutage(f"{limit.name} cannot be counted"):
        taken = cache.get_many(keys)
        free = (key for key in keys if key not in taken)
        # add() is atomic: of two processes that found the same place free, one goes on searching.
        return next((key for key in free if cache.add(key, 1, PLACE_SECONDS)), None)
    return UNCOUNTED


def renew(keys: Collection[str]) -> None:
    """Keep the places for another ``PLACE_SECONDS``."""
    with LoggedOutage("Places cannot be renewed"):
        cache.set_many(dict.fromkeys(keys, 1), PLACE_SECONDS)


def release(keys: Collection[str]) -> None:
    """Free the places. Without the cache they become free when they expire."""
    with LoggedOutage("Places cannot be released"):
        cache.delete_many(keys)
