"""MariaDB and MySQL; Django imports this module by the ENGINE of the settings."""

from django.db.backends.mysql.base import DatabaseWrapper as MySQLWrapper

from config.database_engines.fail_fast import FailFastConnection
from config.database_engines.health_check import SocketCheckedConnection


class DatabaseWrapper(FailFastConnection, SocketCheckedConnection, MySQLWrapper):
    """Django's own wrapper, which fails fast and checks its connection by the socket."""
