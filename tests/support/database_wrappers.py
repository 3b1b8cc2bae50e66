"""Django's wrapper of a connection to a database server, as our engines change it."""

from importlib import import_module
from typing import Any

from django.db import DEFAULT_DB_ALIAS
from django.db.backends.base.base import BaseDatabaseWrapper


def database_wrapper(engine: str, **settings: Any) -> BaseDatabaseWrapper:
    """Return the wrapper of ``config.database_engines``; ``settings`` replace the defaults."""
    module = import_module(f"config.database_engines.{engine}.base")
    defaults: dict[str, Any] = {
        "ENGINE": f"config.database_engines.{engine}",
        "PASSWORD": "",
        "OPTIONS": {},
        "TIME_ZONE": None,
        "CONN_MAX_AGE": 0,
        "CONN_HEALTH_CHECKS": False,
        "AUTOCOMMIT": True,
        "ATOMIC_REQUESTS": False,
    }
    wrapper: BaseDatabaseWrapper = module.DatabaseWrapper(
        {**defaults, **settings}, alias=DEFAULT_DB_ALIAS
    )
    return wrapper
