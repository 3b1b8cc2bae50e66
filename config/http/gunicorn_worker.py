"""gunicorn's threaded worker, which refuses connections once it has received the signal to stop."""

from gunicorn.workers.gthread import ThreadWorker
from typing_extensions import override


class RefusingWorker(ThreadWorker):  # type: ignore[misc]  # the library has no types
    """Closes its listeners before it finishes the requests that it has.

    gunicorn's own worker leaves them open for seconds, in which it accepts no connection.
    A proxy connects and sends its request all the same, waits, and is answered by a reset: 502. If
    connecting is refused, it tries another server.
    """

    @override
    def set_accept_enabled(self, enabled: bool) -> None:
        super().set_accept_enabled(enabled)
        if self.alive or enabled:
            return
        for listener in self.sockets:
            self._accept_waiting(listener)
            listener.close()

    def _accept_waiting(self, listener: object) -> None:
        """Accept the connections that are established already: closing would reset them."""
        number = -1
        while number != self.nr_conns:
            number = self.nr_conns
            self.accept(listener)
