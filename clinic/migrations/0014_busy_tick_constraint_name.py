"""Rename the unique constraint of BusyTick, which prevents double bookings.

It exists at every moment. Removing and adding it would leave a gap on MariaDB and MySQL,
where a migration is not one transaction, and would build its index again.
"""

from typing import Any

from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState

OLD, NEW = "busy_tick_one_visit", "busy_tick_one_appointment"
RENAME = {
    "postgresql": "ALTER TABLE {table} RENAME CONSTRAINT {old} TO {new}",
    "mysql": "ALTER TABLE {table} RENAME INDEX {old} TO {new}",
}


def _constraint(name: str) -> models.UniqueConstraint:
    return models.UniqueConstraint(fields=("person", "tick"), name=name)


class RenameConstraint(Operation):
    """Rename the constraint in place; SQLite can only build the table again."""

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        state.remove_constraint(app_label, "busytick", OLD)
        state.add_constraint(app_label, "busytick", _constraint(NEW))

    def database_forwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        self._rename(app_label, schema_editor, from_state, to_state, OLD, NEW)

    def database_backwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        self._rename(app_label, schema_editor, from_state, to_state, NEW, OLD)

    def _rename(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
        old: str,
        new: str,
    ) -> None:
        before: Any = from_state.apps.get_model(app_label, "BusyTick")
        after: Any = to_state.apps.get_model(app_label, "BusyTick")
        if not self.allow_migrate_model(schema_editor.connection.alias, after):
            return
        if sql := RENAME.get(schema_editor.connection.vendor):
            names = {"table": "clinic_busytick", "old": old, "new": new}
            quoted = {key: schema_editor.quote_name(name) for key, name in names.items()}
            schema_editor.execute(sql.format(**quoted))
        else:
            schema_editor.remove_constraint(before, _constraint(old))
            schema_editor.add_constraint(after, _constraint(new))


class Migration(migrations.Migration):
    dependencies = [("clinic", "0013_texts_in_nfc")]

    operations = [RenameConstraint()]
