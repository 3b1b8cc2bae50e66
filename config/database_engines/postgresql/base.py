"""PostgreSQL; Django imports this module by the ENGINE of the settings."""

import datetime as dt
from typing import Any

from django.db.backends.postgresql.base import DatabaseWrapper as PostgreSQLWrapper
from django.db.backends.postgresql.psycopg_any import BaseTzLoader
from psycopg import Connection
from typing_extensions import override

from config.database_engines.fail_fast import FailFastConnection
from config.database_engines.health_check import SocketCheckedConnection


class UtcLoader(BaseTzLoader):  # type: ignore[misc]  # has no types
    """Reads a timestamp of a connection in UTC by Python's own parser.

    Django's loader uses the one of psycopg that is written in Python, which takes ten times as
    long: most requests read several timestamps.
    """

    timezone = dt.UTC

    @override
    def load(self, data: Any) -> dt.datetime:
        try:
            return dt.datetime.fromisoformat(str(data, "ascii"))
        except ValueError:  # infinity, and years that Python does not have
            timestamp: dt.datetime = super().load(data)
            return timestamp


class DatabaseWrapper(FailFastConnection, SocketCheckedConnection, PostgreSQLWrapper):
    """Django's own wrapper, which fails fast and checks its connection by the socket."""

    @override
    def get_new_connection(self, conn_params: dict[str, Any]) -> "Connection[Any]":
        connection: Connection[Any] = super().get_new_connection(conn_params)
        if self.timezone is dt.UTC:
            connection.adapters.register_loader("timestamptz", UtcLoader)
        return connection
