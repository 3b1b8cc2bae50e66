"""Migration of the database to other states, for scripts that check the data afterwards."""

from typing import Any

from django.core.management import call_command
from django.db import connection
from django.db.migrations.loader import MigrationLoader


def migrate(*arguments: str) -> Any:
    """Run ``manage.py migrate`` with ``arguments``; return the apps registry of that state.

    The registry contains every app. The command, unlike Django's executor, renames content types
    together with their models.
    """
    call_command("migrate", *arguments, verbosity=0)
    loader = MigrationLoader(connection)
    applied = [node for node in loader.applied_migrations if node in loader.graph.nodes]
    return loader.project_state(applied).apps
