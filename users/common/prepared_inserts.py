"""INSERTs whose SQL Django compiles once, for the rows that most requests write."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import connection
from django.db.models import Model
from django.db.models.sql import InsertQuery

from users.common.open_cursor import default_database, open_cursor
from users.common.prepared_queries import Parameter, Place


class PreparedInsert:
    """The INSERT of rows of a model, compiled once. Sends no signals.

    For a model whose rows are written by most requests, and whose fields all get a value.
    """

    def __init__(self, model: type[Model]) -> None:
        self._model = model
        self._compiled: tuple[str, list[Place]] | None = None
        self._returning: tuple[str, list[Place]] | None = None

    def run(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Insert rows in one statement; none without rows.

        Each row has the value of each field but the primary key, by the name of the attribute.
        """
        if not rows:
            return
        if self._compiled is None:
            self._compiled = self._compile(returning=False)
        sql, places = self._compiled
        database = default_database()
        parameters = [
            place.field.get_db_prep_save(values[place.name], database)
            for values in rows
            for place in places
        ]
        into, word, row = sql.rpartition(" VALUES ")
        open_cursor(database).execute(into + word + ", ".join([row] * len(rows)), parameters)

    def run_one(self, **values: Any) -> Any:
        """Insert a row with these values and return its primary key."""
        if self._returning is None:
            self._returning = self._compile(returning=True)
        sql, places = self._returning
        database = default_database()
        parameters = [
            place.field.get_db_prep_save(values[place.name], database) for place in places
        ]
        cursor = open_cursor(database)
        cursor.execute(sql, parameters)
        if database.features.can_return_columns_from_insert:
            return cursor.fetchall()[0][0]
        options = self._model._meta  # noqa: SLF001 - Django's public name
        return database.ops.last_insert_id(cursor, options.db_table, str(options.pk.column))

    def _compile(self, *, returning: bool) -> tuple[str, list[Place]]:
        options = self._model._meta  # noqa: SLF001 - Django's public name
        fields = [field for field in options.local_concrete_fields if not field.primary_key]
        query = InsertQuery(self._model)
        row = self._model(**{field.attname: Parameter(field.attname, field) for field in fields})
        query.insert_values(fields, [row])
        compiler = query.get_compiler(connection=connection)
        if returning and connection.features.can_return_columns_from_insert:
            compiler.returning_fields = [options.pk]
        [(sql, places)] = compiler.as_sql()
        return sql, list(places)
