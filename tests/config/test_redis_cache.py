"""The Redis cache while Redis does not answer."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from circuitbreaker import CircuitBreaker, CircuitBreakerError, CircuitBreakerMonitor
from redis import ConnectionError as RedisConnectionError
from redis import TimeoutError as RedisTimeoutError

from config.redis_cache import FailFastRedisCache

TIMEOUTS = {"socket_connect_timeout": 0.1, "socket_timeout": 0.1}


@pytest.fixture(autouse=True)
def breaker() -> Iterator[CircuitBreaker]:
    """Close the breaker, which belongs to the process, before and after the test."""
    breaker = CircuitBreakerMonitor.get("redis-cache")
    breaker.reset()
    yield breaker
    breaker.reset()


@contextmanager
def silent_redis() -> Iterator[FailFastRedisCache]:
    """Return a cache whose server accepts connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"redis://127.0.0.1:{server.getsockname()[1]}/0"
        yield FailFastRedisCache(url, {"OPTIONS": TIMEOUTS})


def test_redis_cache_fails_without_connecting_after_a_timeout() -> None:
    with silent_redis() as cache:
        with pytest.raises(RedisTimeoutError):
            cache.get("key")
        for call in (lambda: cache.get("key"), lambda: cache.incr("key"), cache.clear):
            with pytest.raises(CircuitBreakerError):
                call()


def test_redis_cache_tries_redis_again_after_the_recovery_time(breaker: CircuitBreaker) -> None:
    cache = FailFastRedisCache("redis://127.0.0.1:1/0", {"OPTIONS": TIMEOUTS})
    for expected in (RedisConnectionError, CircuitBreakerError):
        with pytest.raises(expected):
            cache.get("key")
    breaker._opened -= 6  # noqa: SLF001 - the library has no clock that a test can set
    for expected in (RedisConnectionError, CircuitBreakerError):
        with pytest.raises(expected):
            cache.get("key")
