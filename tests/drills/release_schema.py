"""Migrate a database, and print its schema as JSON.

``first FOLDER`` migrates to the state of the first release, with the migrations of the folder;
``schema`` to the present one. ``back`` migrates as far back as migrations can be undone, and then
forwards again.
"""

import json
import sys
from collections.abc import Sequence
from typing import Any

from django.core.management import call_command
from django.db import connection
from django.test import override_settings

# The last migrations of the first release.
FIRST = (("users", "0003_email_to_the_letter"), ("clinic", "0007_visits_in_every_order"))


def main(arguments: Sequence[str]) -> None:
    action, *folder = arguments
    if action == "first":
        sys.path.insert(0, folder[0])
        modules = {app: f"first_release.{app}" for app, _name in FIRST}
        with override_settings(MIGRATION_MODULES=modules):
            for state in FIRST:
                call_command("migrate", *state, verbosity=0)
        return
    if action == "back":
        for state in FIRST:
            call_command("migrate", *state, verbosity=0)
    call_command("migrate", verbosity=0)
    json.dump(_schema(), sys.stdout)


def _schema() -> dict[str, Any]:
    """Return columns and constraints of all tables, independent of their order."""
    introspection = connection.introspection
    tables: dict[str, Any] = {}
    with connection.cursor() as cursor:
        for name in sorted(introspection.table_names(cursor)):
            columns = {
                column.name: [str(column.type_code), column.internal_size, bool(column.null_ok)]
                for column in introspection.get_table_description(cursor, name)
            }
            constraints: Any = introspection.get_constraints(cursor, name)
            kept = ("columns", "primary_key", "unique", "foreign_key", "check", "index")
            tables[name] = {
                "columns": dict(sorted(columns.items())),
                # SQLite gives unnamed constraints a number in the order of their creation.
                "constraints": sorted(
                    json.dumps([_name(key), *(each[part] for part in kept)], default=str)
                    for key, each in constraints.items()
                ),
            }
    return tables


def _name(constraint: str) -> str:
    return "" if constraint.startswith("__unnamed") else constraint
