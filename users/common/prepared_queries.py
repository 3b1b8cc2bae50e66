"""Queries whose SQL Django compiles once, for the rows that most requests load.

Compiling a query takes Django several times as long as running it.
"""

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, NamedTuple, TypeVar

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Expression, Field, IntegerField, Max, Min, Model, QuerySet, Value
from django.db.models.query import get_related_populators
from typing_extensions import override

from users.common.open_cursor import default_database, open_cursor

# Converts a value of the database: gets the value, the selected expression and the connection.
Converter = Callable[[Any, Any, Any], Any]
Made = TypeVar("Made")


@dataclass(frozen=True, slots=True)
class Place:
    """Stands in compiled SQL for the values of a parameter."""

    name: str
    field: "Field[Any, Any]"
    is_list: bool


class Parameter(Expression):
    """A value that is given when the query runs."""

    is_list = False

    def __init__(self, name: str, field: "Field[Any, Any]") -> None:
        super().__init__(output_field=field)
        self.place = Place(name, field, self.is_list)

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


class Columns(NamedTuple):
    """Where the values of an instance are in a row.

    ``indexes`` has those of its columns, by the attribute's name, and of annotations. ``related``
    has the columns of the instances of ``select_related()``, by the name of the foreign key.
    """

    model: type[Model]
    indexes: dict[str, int]
    related: "dict[str, Columns]"


class _Compiled(NamedTuple):
    """A query's SQL, its parameters (places and constants), and the converters of its columns.

    Without SQL if no row can meet its conditions. ``columns`` and ``make_instance``, which makes
    the instance of a row, are None if the query selects values.
    """

    sql: str
    parameters: tuple[Any, ...] = ()
    converters: Sequence[tuple[int, Any, Converter]] = ()
    columns: Columns | None = None
    make_instance: Callable[[tuple[Any, ...]], Any] | None = None


class PreparedQuery:
    """A query with parameters, compiled once.

    ``build`` returns the queryset; its conditions name :class:`Parameter` and :class:`Keys`. It is
    called at the first use, because models cannot be queried while modules are imported.
    """

    def __init__(self, build: Callable[[], "QuerySet[Any, Any]"]) -> None:
        self._build = build
        self._compiled: _Compiled | None = None

    def rows(self, **values: Any) -> list[tuple[Any, ...]]:
        """Run the query; return the selected columns, as ``values_list()`` does.

        Returns no rows, without a query, if a list of keys is empty or the conditions exclude
        each other.
        """
        compiled = self._compiled or self._compile()
        if not compiled.sql:
            return []
        database = default_database()
        filled, parameters = [], []
        for place in compiled.parameters:
            if isinstance(place, Place) and place.is_list:
                # As digits: drivers take longer for hundreds of parameters than for their rows.
                filled.append(", ".join([str(int(key)) for key in values[place.name]]))
                if not filled[-1]:
                    return []
            else:
                filled.append("%s")
                parameters.append(_value_at(place, values, database))
        cursor = open_cursor(database)
        cursor.execute(compiled.sql % tuple(filled), parameters)
        return _converted(list(cursor.fetchall()), compiled.converters, database)

    def instances(self, **values: Any) -> list[Any]:
        """Run the query; return instances, with the related ones of ``select_related()``."""
        return list(map(self.instance_of, self.rows(**values)))

    def instance_of(self, row: tuple[Any, ...]) -> Any:
        """Return the instance of a row that ``rows()`` has returned."""
        compiled = self._compiled or self._compile()
        assert compiled.make_instance, "the query selects values"  # noqa: S101 - for the type checker
        return compiled.make_instance(row)

    @property
    def columns(self) -> Columns | None:
        """Where the values of an instance are in a row; None if no row can meet the conditions."""
        return (self._compiled or self._compile()).columns

    def _compile(self) -> _Compiled:
        compiler = self._build().query.get_compiler(connection=connection)
        try:
            sql, parameters = compiler.as_sql()
        except EmptyResultSet:
            self._compiled = _Compiled("")
            return self._compiled
        columns = [expression for expression, _sql, _alias in compiler.select]
        converters = [
            (index, column, convert)
            for index, column in enumerate(columns)
            for convert in (
                *connection.ops.get_db_converters(column),
                *_own_converters(column),
            )
        ]
        # A percent sign of the SQL is doubled, and the placeholders are filled in twice.
        sql = sql.replace("%%", "%%%%")
        self._compiled = _Compiled(sql, tuple(parameters), converters)
        if compiler.klass_info:
            found = _columns(compiler.klass_info, compiler.select)
            found.indexes.update(compiler.annotation_col_map)
            self._compiled = self._compiled._replace(
                columns=found, make_instance=_instance_maker(compiler)
            )
        return self._compiled


def prepare(rows: "QuerySet[Any, Any]") -> PreparedQuery | None:
    """Return the prepared query of rows; None if they prefetch others, which it would not load."""
    prefetched: Any = rows
    if prefetched._prefetch_related_lookups:  # noqa: SLF001 - Django has no public way to it
        return None
    return PreparedQuery(lambda: rows)


def _columns(class_info: dict[str, Any], select: list[Any]) -> Columns:
    """Return where Django's compiler has put the columns of a model and of its related models."""
    return Columns(
        class_info["model"],
        {select[index][0].target.attname: index for index in class_info["select_fields"]},
        {
            related["field"].name: _columns(related, select)
            for related in class_info.get("related_klass_infos", ())
            if not related["reverse"]
        },
    )


def _own_converters(column: Any) -> list[Converter]:
    """Return the converters of a selected expression, without those that change nothing.

    Django converts the integers of each expression, because sums and averages are decimals in some
    databases. For hundreds of rows that takes longer than reading them.
    """
    converters: list[Converter] = column.get_db_converters(connection)
    if isinstance(column, Max | Min | Value) and isinstance(column.output_field, IntegerField):
        return [convert for convert in converters if convert is not column.convert_value]
    return converters


def _instance_maker(compiler: Any) -> Callable[[tuple[Any, ...]], Model]:
    """Return the function that makes the instance of a row, as Django's ModelIterable does."""
    model, columns = compiler.klass_info["model"], compiler.klass_info["select_fields"]
    first, stop = columns[0], columns[-1] + 1
    names = [column[0].target.attname for column in compiler.select[first:stop]]
    arguments: Any = (compiler.klass_info, compiler.select, connection.alias)
    related, alias = get_related_populators(*arguments), connection.alias
    annotations = list(compiler.annotation_col_map.items())

    def make(row: tuple[Any, ...]) -> Model:
        instance: Model = model.from_db(alias, names, row[first:stop])
        for each in related:
            each.populate(row, instance)
        for name, index in annotations:
            setattr(instance, name, row[index])
        return instance

    return make


class Variants(Generic[Made]):
    """What was made for each of several conditions, such as the queries of callers by role.

    Keeps at most ``limit``: a condition can be the current date, or a page size.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._made: dict[Hashable, Made] = {}

    def get(self, conditions: Hashable, make: Callable[[], Made]) -> Made:
        """Return what ``make`` returned for these conditions."""
        try:
            return self._made[conditions]
        except KeyError:
            if len(self._made) >= self._limit:
                self._made.clear()
            made = self._made[conditions] = make()
            return made


def _value_at(place: object, values: Mapping[str, Any], database: BaseDatabaseWrapper) -> Any:
    """Return the database's value for a place, or a constant of the query as it is."""
    if isinstance(place, Place):
        return place.field.get_db_prep_value(values[place.name], database)
    return place


def _converted(
    rows: list[tuple[Any, ...]],
    converters: Sequence[tuple[int, Any, Converter]],
    database: BaseDatabaseWrapper,
) -> list[tuple[Any, ...]]:
    """Return the rows with the Python values that queries of models return."""
    if not converters:
        return rows
    lists = [list(row) for row in rows]
    for index, column, convert in converters:
        for row in lists:
            row[index] = convert(row[index], column, database)
    return [tuple(row) for row in lists]
