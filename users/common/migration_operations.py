"""Operations of migrations that run outside of a transaction, and can be run again.

A migration of a large table commits in steps, so that no lock is held for long. If it is
interrupted, it starts again from its first operation: each of these does nothing if it was done
before.
"""

from contextlib import nullcontext
from typing import Any

from django.db import models, transaction
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.operations import AddField, AddIndex, AlterField, RemoveField, RemoveIndex
from django.db.migrations.state import ProjectState


def create_index_concurrently(editor: BaseDatabaseSchemaEditor, name: str, on: str) -> None:
    """Create an index on PostgreSQL without locking out writers; nothing on other databases."""
    if editor.connection.vendor == "postgresql":
        _drop_invalid_index(editor, name)
        editor.execute(f"CREATE INDEX CONCURRENTLY IF NOT EXISTS {name} ON {on}")


def _drop_invalid_index(editor: BaseDatabaseSchemaEditor, name: str) -> None:
    """Drop what an interrupted ``CREATE INDEX CONCURRENTLY`` has left."""
    invalid = "SELECT 1 FROM pg_index WHERE indexrelid = to_regclass(%s) AND NOT indisvalid"
    with editor.connection.cursor() as cursor:
        cursor.execute(invalid, [name])
        if cursor.fetchone():
            cursor.execute(f"DROP INDEX CONCURRENTLY {name}")


def _has_column(editor: BaseDatabaseSchemaEditor, model: type[models.Model], name: str) -> bool:
    field: Any = model._meta.get_field(name)  # noqa: SLF001 - Django's public name
    with editor.connection.cursor() as cursor:
        table = model._meta.db_table  # noqa: SLF001 - as above
        found = editor.connection.introspection.get_table_description(cursor, table)
    return any(each.name == field.column for each in found)


def _has_index(editor: BaseDatabaseSchemaEditor, model: type[models.Model], name: str) -> bool:
    with editor.connection.cursor() as cursor:
        table = model._meta.db_table  # noqa: SLF001 - Django's public name
        return name in editor.connection.introspection.get_constraints(cursor, table)


def _step(editor: BaseDatabaseSchemaEditor) -> Any:
    """Return a transaction: SQLite copies the table, and must not leave half a copy."""
    connection = editor.connection
    if editor.collect_sql or connection.in_atomic_block or not connection.features.can_rollback_ddl:
        return nullcontext()
    return transaction.atomic(using=editor.connection.alias)


class _IfNotDone:
    """Of an operation on a field: changes the table only if that was not done before."""

    name: str
    model_name: str
    # Whether the table has the column before the operation.
    needs_column = True

    def database_forwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        state = from_state if self.needs_column else to_state
        model = state.apps.get_model(app_label, self.model_name)
        if _has_column(schema_editor, model, self.name) == self.needs_column:
            operation: Any = super()
            with _step(schema_editor):
                operation.database_forwards(app_label, schema_editor, from_state, to_state)


class AddFieldIfMissing(_IfNotDone, AddField):
    """Add a field, unless the table has its column."""

    needs_column = False


class AlterFieldIfPresent(_IfNotDone, AlterField):
    """Alter a field, if the table has its column."""


class RemoveFieldIfPresent(_IfNotDone, RemoveField):
    """Remove a field, if the table has its column."""


class RemoveIndexIfPresent(RemoveIndex):
    """Remove an index, if the table has it."""

    def database_forwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        model = from_state.apps.get_model(app_label, self.model_name)
        if _has_index(schema_editor, model, self.name):
            super().database_forwards(app_label, schema_editor, from_state, to_state)


class AddIndexOnline(AddIndex):
    """Add an index while rows are written, unless the table has it.

    MariaDB does so by itself; SQLite has one writer in any case.
    """

    def database_forwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,  # noqa: ARG002 - Django passes it
        to_state: ProjectState,
    ) -> None:
        model = to_state.apps.get_model(app_label, self.model_name)
        concurrently = {}
        if schema_editor.connection.vendor == "postgresql":
            _drop_invalid_index(schema_editor, self.index.name)
            concurrently = {"concurrently": True}
        if not _has_index(schema_editor, model, self.index.name):
            schema_editor.add_index(model, self.index, **concurrently)
