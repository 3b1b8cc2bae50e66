"""A cursor that stays open, for statements that most requests send."""

from threading import local
from typing import Any

from django.db import connection


class _Open(local):
    """The cursor of this thread for prepared queries, and the connection to which it belongs."""

    connection: Any = None
    cursor: Any = None


_OPEN = _Open()


def open_cursor() -> Any:
    """Return the cursor for prepared queries, which stays open as long as the connection.

    Opening one takes Django as long as a short query. Nothing else uses it between a query and the
    reading of all its rows.
    """
    connection.close_if_health_check_failed()
    connection.ensure_connection()
    if connection.queries_logged:
        return connection.cursor()  # logs its statements
    if _OPEN.connection is not connection.connection:
        _OPEN.connection, _OPEN.cursor = connection.connection, connection.cursor()
    return _OPEN.cursor
