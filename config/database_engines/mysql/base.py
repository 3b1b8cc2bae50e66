"""MariaDB and MySQL; Django imports this module by the ENGINE of the settings."""

from django.db.backends.mysql.base import DatabaseWrapper as MySQLWrapper

from config.database_engines.fail_fast import FailFastConnection


class DatabaseWrapper(FailFastConnection, MySQLWrapper):
    """Django's own wrapper, which fails fast."""
