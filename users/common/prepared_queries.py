"""Queries whose SQL Django compiles once, for rows that every search loads.

Compiling a query takes Django several times as long as running it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from django.db import connection
from django.db.models import Expression, Field, IntegerField, QuerySet
from typing_extensions import override

# Converts a value of the database: gets the value, the selected expression and the connection.
Converter = Callable[[Any, Any, Any], Any]


@dataclass(frozen=True, slots=True)
class _Place:
    """Stands in compiled SQL for the values of a parameter."""

    name: str
    field: "Field[Any, Any]"
    is_list: bool


class Parameter(Expression):
    """A value that is given when the query runs."""

    is_list = False

    def __init__(self, name: str, field: "Field[Any, Any]") -> None:
        super().__init__(output_field=field)
        self.place = _Place(name, field, self.is_list)

    @override
    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        return "%s", (self.place,)


class Keys(Parameter):
    """Integer keys, any number of them, that are given when the query runs: for ``__in``."""

    is_list = True

    def __init__(self, name: str) -> None:
        super().__init__(name, IntegerField())

    @override
    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        return "(%s)", (self.place,)


class _Compiled(NamedTuple):
    """A query's SQL, its parameters (places and constants), and the converters of its columns."""

    sql: str
    parameters: tuple[Any, ...]
    converters: list[tuple[int, Any, Converter]]


class PreparedQuery:
    """A ``values_list()`` query with parameters, compiled once.

    ``build`` returns the queryset; its conditions name :class:`Parameter` and :class:`Keys`. It is
    called at the first use, because models cannot be queried while modules are imported.
    """

    def __init__(self, build: Callable[[], "QuerySet[Any, Any]"]) -> None:
        self._build = build
        self._compiled: _Compiled | None = None

    def rows(self, **values: Any) -> list[tuple[Any, ...]]:
        """Run the query. Returns no rows, without a query, if a list of keys is empty."""
        compiled = self._compiled or self._compile()
        filled, parameters = [], []
        for place in compiled.parameters:
            if isinstance(place, _Place) and place.is_list:
                # As digits: drivers take longer for hundreds of parameters than for their rows.
                filled.append(", ".join([str(int(key)) for key in values[place.name]]))
                if not filled[-1]:
                    return []
            else:
                filled.append("%s")
                parameters.append(_value_at(place, values))
        with connection.cursor() as cursor:
            cursor.execute(compiled.sql % tuple(filled), parameters)
            return _converted(list(cursor.fetchall()), compiled.converters)

    def _compile(self) -> _Compiled:
        compiler = self._build().query.get_compiler(connection=connection)
        sql, parameters = compiler.as_sql()
        columns = [expression for expression, _sql, _alias in compiler.select]
        converters = [
            (index, column, convert)
            for index, column in enumerate(columns)
            for convert in (
                *connection.ops.get_db_converters(column),
                *column.get_db_converters(connection),
            )
        ]
        # A percent sign of the SQL is doubled, and the placeholders are filled in twice.
        self._compiled = _Compiled(sql.replace("%%", "%%%%"), tuple(parameters), converters)
        return self._compiled


def _value_at(place: object, values: Mapping[str, Any]) -> Any:
    """Return the database's value for a place, or a constant of the query as it is."""
    if isinstance(place, _Place):
        return place.field.get_db_prep_value(values[place.name], connection)
    return place


def _converted(
    rows: list[tuple[Any, ...]], converters: list[tuple[int, Any, Converter]]
) -> list[tuple[Any, ...]]:
    """Return the rows with the Python values that queries of models return."""
    if not converters:
        return rows
    lists = [list(row) for row in rows]
    for index, column, convert in converters:
        for row in lists:
            row[index] = convert(row[index], column, connection)
    return [tuple(row) for row in lists]
