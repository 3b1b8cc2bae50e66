"""Connecting to a database server whose machine has disappeared."""

import time
from typing import Any

from django.db import OperationalError
from django.db.backends.base.base import BaseDatabaseWrapper
from typing_extensions import override

from config.databases import CONNECT_SECONDS

# No connection is tried for so long after one that was not answered.
PAUSE_SECONDS = 1.0


class FailFastConnection(BaseDatabaseWrapper):
    """A database wrapper that does not wait for a server which has just not answered.

    Each request would otherwise wait for the ``connect_timeout`` in a thread, and the requests
    behind it for a thread: the more clients, the longer. A server that refuses the connection, for
    example because it restarts, is tried again at once.
    """

    Database: Any  # the driver; set by the wrapper of each engine
    # Of all connections of the process to the database. Time of ``time.monotonic()``.
    _retry_at = 0.0

    @override
    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        started_at = time.monotonic()
        if started_at < FailFastConnection._retry_at:
            raise OperationalError("The database server could not be reached a moment ago.")
        try:
            return super().get_new_connection(conn_params)
        except self.Database.OperationalError:
            failed_at = time.monotonic()
            timeout = float(conn_params.get("connect_timeout") or CONNECT_SECONDS)
            # Drivers count whole seconds.
            if failed_at - started_at > timeout - 1:
                FailFastConnection._retry_at = failed_at + PAUSE_SECONDS
            raise
