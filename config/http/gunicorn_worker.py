"""gunicorn's threaded worker, which answers liveness probes at any time and stops cleanly."""

import socket
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from gunicorn.workers.gthread import _DEFER, ThreadWorker
from typing_extensions import override

LIVENESS = (b"GET /healthz ", b"HEAD /healthz ")
PEEKED = max(map(len, LIVENESS))


class ClinicWorker(ThreadWorker):  # type: ignore[misc]  # the library has no types
    """Answers ``/healthz`` while all threads are occupied, and stops accepting before it ends.

    When it has to stop, it closes its listeners before it finishes the requests that it has.
    gunicorn's own worker leaves them open for seconds, in which it accepts no connection.
    A proxy connects and sends its request all the same, waits, and is answered by a reset: 502. If
    connecting is refused, it tries another server.
    """

    @override
    def init_process(self) -> None:
        self._liveness_thread = ThreadPoolExecutor(1, thread_name_prefix="liveness")
        super().init_process()

    @override
    def enqueue_req(self, conn: Any) -> None:
        """Let a thread handle the request; ``conn`` is a connection that was accepted.

        A liveness probe would otherwise wait for a thread while all of them wait for a lock, and
        the server would be restarted. A connection that has sent nothing waits without a thread.
        """
        received = _peek(conn.sock)
        if received is None and not conn.initialized and self.alive:
            deferred: Future[object] = Future()
            deferred.set_result(_DEFER)
            self.finish_request(conn, deferred)
            return
        is_probe = (received or b"").startswith(LIVENESS)
        threads = self._liveness_thread if is_probe else self.tpool
        handled = threads.submit(self.handle, conn)
        handled.add_done_callback(
            lambda done: self.method_queue.defer(self.finish_request, conn, done)
        )

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


def _peek(client: socket.socket) -> bytes | None:
    """Return the first bytes that were received and not read yet, or None without any."""
    try:
        return client.recv(PEEKED, socket.MSG_PEEK | socket.MSG_DONTWAIT)
    except BlockingIOError:
        return None
    except OSError:
        return b""  # the connection is lost, which its thread finds out
