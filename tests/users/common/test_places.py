"""Places expire, are renewed, and are not counted while the cache is unavailable."""

from django.test import override_settings
from time_machine import Traveller

from users.common import places
from users.common.places import PLACE_SECONDS, UNCOUNTED, PlaceLimit

AWAY = {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": "redis://[::1]:1"}


def take_all() -> list[str | None]:
    """Take one place more than a user has."""
    return [places.take(PlaceLimit.SOCKETS, "1") for _ in range(PlaceLimit.SOCKETS.value + 1)]


def test_place_is_taken_once_per_user() -> None:
    taken = take_all()
    assert len(set(taken)) == len(taken)
    assert [place for place in taken if place is None] == taken[-1:]
    assert places.take(PlaceLimit.SOCKETS, "2")


def test_places_of_a_process_that_died_expire(clock: Traveller) -> None:
    take_all()
    clock.shift(PLACE_SECONDS + 1)
    assert None not in take_all()[:-1]


def test_renewed_places_do_not_expire(clock: Traveller) -> None:
    taken = [place for place in take_all() if place]
    clock.shift(PLACE_SECONDS - 1)
    places.renew(taken)
    clock.shift(PLACE_SECONDS - 1)
    assert places.take(PlaceLimit.SOCKETS, "1") is None
    places.release(taken[:1])
    assert places.take(PlaceLimit.SOCKETS, "1") == taken[0]


def test_places_are_not_counted_while_the_cache_is_unavailable() -> None:
    with override_settings(CACHES={"default": AWAY}):
        assert take_all() == [UNCOUNTED] * 6
        places.renew(["place"])
        places.release(["place"])
