"""A Redis cache that fails at once while Redis does not answer.

Every request uses the cache. If each of them waited for a Redis server that hangs, the threads of
this server would all wait, and the clinic could not book.
"""

from collections.abc import Callable
from typing import Any

import redis
from circuitbreaker import circuit
from django.core.cache.backends.redis import RedisCache, RedisCacheClient
from typing_extensions import override

# After a failure, calls fail at once for so long. Then one is tried.
RECOVERY_SECONDS = 5


@circuit(  # type: ignore[untyped-decorator]  # the library has no types
    name="redis-cache",
    failure_threshold=1,
    recovery_timeout=RECOVERY_SECONDS,
    expected_exception=(redis.ConnectionError, redis.TimeoutError),
)
def _call(command: Callable[..., Any], *args: Any, **options: Any) -> Any:
    return command(*args, **options)


class _Client(redis.Redis):
    @override
    def execute_command(self, *args: Any, **options: Any) -> Any:
        return _call(super().execute_command, *args, **options)


class _CacheClient(RedisCacheClient):
    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._client = _Client


class FailFastRedisCache(RedisCache):
    """Django's Redis cache. Raises CircuitBreakerError for 5 seconds after a failure.

    Errors are those of redis-py otherwise. Django names the attributes that a subclass can replace
    with an underscore: the class of its client, and redis-py's class in it.
    """

    def __init__(self, server: str, params: dict[str, Any]) -> None:
        super().__init__(server, params)
        self._class = _CacheClient
