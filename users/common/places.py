"""Limits of what an account has open at the same time, counted in the shared cache.

An account has a fixed number of places for each kind. Each is a key of the cache that expires
unless its holder renews it, so the places of a process that dies become free again.
"""

import logging
from collections.abc import Collection
from enum import Enum

from django.conf import settings
from django.core.cache import cache

logger = logging.getLogger(__name__)

# A holder renews its places at least every RENEWAL_SECONDS.
PLACE_SECONDS = 90
RENEWAL_SECONDS = 30
# The place of a holder that is not counted, because the limits are off or the cache is away.
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
    try:
        taken = cache.get_many(keys)
        free = (key for key in keys if key not in taken)
        # add() is atomic: of two processes that found the same place free, one goes on searching.
        return next((key for key in free if cache.add(key, 1, PLACE_SECONDS)), None)
    except Exception as error:  # noqa: BLE001 - each cache backend has its own exceptions
        logger.error("%s cannot be counted: %s", limit.name, type(error).__name__)  # noqa: TRY400 - one line, without a traceback
        return UNCOUNTED


def renew(keys: Collection[str]) -> None:
    """Keep the places for another ``PLACE_SECONDS``."""
    try:
        cache.set_many(dict.fromkeys(keys, 1), PLACE_SECONDS)
    except Exception as error:  # noqa: BLE001 - each cache backend has its own exceptions
        logger.error("Places cannot be renewed: %s", type(error).__name__)  # noqa: TRY400 - one line, without a traceback


def release(keys: Collection[str]) -> None:
    """Free the places. Without the cache they become free when they expire."""
    try:
        cache.delete_many(keys)
    except Exception as error:  # noqa: BLE001 - each cache backend has its own exceptions
        logger.error("Places cannot be released: %s", type(error).__name__)  # noqa: TRY400 - one line, without a traceback
