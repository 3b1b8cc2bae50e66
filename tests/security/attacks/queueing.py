"""The server with a queue for pictures instead of a limit: the negative control."""

from threading import BoundedSemaphore
from typing import Any

from typing_extensions import override

from config.asgi import application as asgi
from config.wsgi import application as wsgi
from users.avatars import services

__all__ = ["asgi", "wsgi"]


class Queue(BoundedSemaphore):
    """A semaphore that is always waited for, as in earlier releases."""

    @override
    def acquire(self, *_args: Any, **_options: Any) -> bool:
        return super().acquire()


services._processing = Queue(1)  # noqa: SLF001 - the guard under test
