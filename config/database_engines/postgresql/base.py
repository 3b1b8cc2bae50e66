"""PostgreSQL; Django imports this module by the ENGINE of the settings."""

from django.db.backends.postgresql.base import DatabaseWrapper as PostgreSQLWrapper

from config.database_engines.fail_fast import FailFastConnection


class DatabaseWrapper(FailFastConnection, PostgreSQLWrapper):
    """Django's own wrapper, which fails fast."""
