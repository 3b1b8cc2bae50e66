"""On MariaDB and MySQL, tell addresses apart by each letter, as the other databases do.

Their usual collations take é for e: an account would be found by addresses that are not
its own, each with tries of its own at the password.
"""

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

BINARY = "CHARACTER SET utf8mb4 COLLATE utf8mb4_bin"


def tell_apart(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:  # noqa: ARG001 - a migration's signature
    if schema_editor.connection.vendor == "mysql":
        schema_editor.execute(f"ALTER TABLE users_user MODIFY email VARCHAR(254) {BINARY} NOT NULL")


class Migration(migrations.Migration):
    dependencies = [("users", "0002_calendar_key")]

    operations = [migrations.RunPython(tell_apart, migrations.RunPython.noop, atomic=False)]
