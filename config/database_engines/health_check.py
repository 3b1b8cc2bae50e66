"""Checking a persistent connection before a request uses it, without a statement each time."""

import select
import time
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from typing_extensions import override

# A connection is checked by a statement again after so long.
CHECK_SECONDS = 1.0


class SocketCheckedConnection(BaseDatabaseWrapper):
    """A database wrapper that checks the socket of a connection which was checked a moment ago.

    Django sends a statement before each request, which takes about a tenth of the computing time
    of a short one. A server that restarts, or ends the connection, closes the socket. Only one
    that disappears from the network does not, and that is noticed by the statement each second.

    Not for MariaDB: a request would wait for the answer to its first statement, which then takes
    longer to fail than Django's ping.
    """

    # Django's own, which its types do not have.
    health_check_enabled: bool
    health_check_done: bool
    # The connection that was checked by a statement last, and when by ``time.monotonic()``.
    _checked: Any = None
    _checked_at = 0.0

    @override
    def close_if_health_check_failed(self) -> None:
        if self.connection is None or self.health_check_done or not self.health_check_enabled:
            return
        if self._is_open():
            self.health_check_done = True
            return
        super().close_if_health_check_failed()
        self._checked, self._checked_at = self.connection, time.monotonic()

    def _is_open(self) -> bool:
        """Whether the connection was checked a moment ago and its server has sent nothing since.

        What an idle connection has received is its end, or a notice that the statement reads.
        """
        if self._checked is not self.connection:
            return False
        if time.monotonic() - self._checked_at > CHECK_SECONDS:
            return False
        waiting = select.poll()
        waiting.register(self.connection.fileno(), select.POLLIN)
        return not waiting.poll(0)
