"""A cursor that stays open, for statements that most requests send."""

from threading import local
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.backends.base.base import BaseDatabaseWrapper


class _Open(local):
    """The cursor of this thread for prepared queries, and the connection to which it belongs."""

    connection: Any = None
    cursor: Any = None


_OPEN = _Open()


def open_cursor(database: BaseDatabaseWrapper) -> Any:
    """Return the cursor of a connection for prepared queries, which stays open as long as it does.

    Opening one takes Django as long as a short query. Nothing else uses it between a query and the
    reading of all its rows. ``database`` is the connection of this thread.
    """
    database.close_if_health_check_failed()
    database.ensure_connection()
    if database.queries_logged:
        return database.cursor()  # logs its statements
    if _OPEN.connection is not database.connection:
        _OPEN.connection, _OPEN.cursor = database.connection, database.cursor()
    return _OPEN.cursor


def default_database() -> BaseDatabaseWrapper:
    """Return the connection of this thread.

    Looked up once for a statement: each access to ``django.db.connection`` looks it up again, which
    takes longer than filling in a parameter.
    """
    return connections[DEFAULT_DB_ALIAS]
