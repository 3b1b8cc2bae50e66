"""The database's catalogue contains each constraint and index that our models declare.

Some backends skip what they do not support with a warning at most, such as MariaDB a conditional
unique constraint, so a migration that ran proves nothing.
"""

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import pytest
from django.apps import apps
from django.db import connection, models

from users.folded_fields import BinaryCharField

OWN_MODELS = [
    model for app in ("users", "clinic") for model in apps.get_app_config(app).get_models()
]


class Constraint(NamedTuple):
    """A constraint or index; ``kind`` is "unique", "check", "foreign key" and so on."""

    kind: str
    name: str | None  # None if the database chooses the name
    columns: tuple[str, ...]


def columns_of(model: type[models.Model], names: Iterable[str]) -> tuple[str, ...]:
    columns = {field.name: str(field.column) for field in model._meta.local_fields}
    return tuple(columns[name.removeprefix("-")] for name in names)


def declared_by(model: type[models.Model]) -> Iterator[Constraint]:
    for constraint in model._meta.constraints:
        if isinstance(constraint, models.UniqueConstraint):
            yield Constraint("unique", constraint.name, columns_of(model, constraint.fields))
        else:
            yield Constraint("check", constraint.name, ())
    for index in model._meta.indexes:
        yield Constraint("index", index.name, columns_of(model, index.fields))
    for field in model._meta.local_fields:
        assert field.column  # none of our fields is without a column
        if field.primary_key:
            yield Constraint("primary key", None, (field.column,))
        elif field.unique:
            yield Constraint("unique", None, (field.column,))
        elif getattr(field, "db_index", False) and not field.remote_field:
            yield Constraint("index", None, (field.column,))
        if field.remote_field:
            yield Constraint("foreign key", None, (field.column,))


def stored_in(table: str) -> Iterator[Constraint]:
    with connection.cursor() as cursor:
        catalogue: dict[str, Any] = connection.introspection.get_constraints(cursor, table)
    kinds = {
        "primary_key": "primary key",
        "unique": "unique",
        "foreign_key": "foreign key",
        "check": "check",
        "index": "index",
    }
    for name, entry in catalogue.items():
        # Databases do not report the columns of a check in the same way.
        columns = () if entry["check"] else tuple(entry["columns"])
        for key, kind in kinds.items():
            if entry[key]:
                yield Constraint(kind, name, columns)
                yield Constraint(kind, None, columns)


def missing(model: type[models.Model], declared: Iterable[Constraint]) -> set[Constraint]:
    return set(declared) - set(stored_in(model._meta.db_table))


@pytest.mark.django_db
@pytest.mark.parametrize("model", OWN_MODELS, ids=lambda model: model.__name__)
def test_database_catalogue_contains_declared_constraints(model: type[models.Model]) -> None:
    assert missing(model, declared_by(model)) == set()


@pytest.mark.django_db
@pytest.mark.parametrize("model", OWN_MODELS, ids=lambda model: model.__name__)
def test_database_catalogue_check_reports_constraint_never_created(
    model: type[models.Model],
) -> None:
    never_created = {
        Constraint("unique", "never_created", ("id",)),
        Constraint("check", "never_created", ()),
        Constraint("index", None, ("no_such_column",)),
    }
    assert missing(model, never_created) == never_created


BINARY_FIELDS = [
    field
    for model in OWN_MODELS
    for field in model._meta.local_fields
    if isinstance(field, BinaryCharField)
]
# MariaDB and MySQL have different names for a binary collation that counts trailing spaces.
COLLATIONS: dict[str, set[str | None]] = {
    "sqlite": {None},
    "postgresql": {"C"},
    "mysql": {"utf8mb4_nopad_bin", "utf8mb4_0900_bin"},
}


@pytest.mark.django_db
@pytest.mark.parametrize("field", BINARY_FIELDS, ids=str)
def test_database_compares_binary_fields_by_code_point(field: BinaryCharField) -> None:
    with connection.cursor() as cursor:
        columns = connection.introspection.get_table_description(cursor, field.model._meta.db_table)
    collations = {column.name: column.collation for column in columns}
    assert collations[str(field.column)] in COLLATIONS[connection.vendor]


def test_models_declare_constraints_against_double_booking() -> None:
    names = {each.name for model in OWN_MODELS for each in declared_by(model)}
    assert names >= {
        "busy_tick_one_appointment",
        "appointment_doctor_one_start",
        "appointment_patient_one_start",
        "appointment_idempotency_key",
        "appointment_duration_in_range",
        "appointment_status_known",
    }
