"""What our models declare stands in the database: read from its own catalogue.

Some backends leave out what they cannot do, with a warning at most (MariaDB a
conditional unique constraint, for one), so a migration that ran proves nothing.
"""

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import pytest
from django.apps import apps
from django.db import connection, models

OWN_MODELS = [
    model for app in ("users", "clinic") for model in apps.get_app_config(app).get_models()
]


class Guard(NamedTuple):
    """What keeps a table right, of the kind ``unique``, ``check``, ``foreign key`` ..."""

    kind: str
    name: str | None  # None where the database chooses it
    columns: tuple[str, ...]


def columns_of(model: type[models.Model], names: Iterable[str]) -> tuple[str, ...]:
    columns = {field.name: str(field.column) for field in model._meta.local_fields}
    return tuple(columns[name.removeprefix("-")] for name in names)


def declared_by(model: type[models.Model]) -> Iterator[Guard]:
    for constraint in model._meta.constraints:
        if isinstance(constraint, models.UniqueConstraint):
            yield Guard("unique", constraint.name, columns_of(model, constraint.fields))
        else:
            yield Guard("check", constraint.name, ())
    for index in model._meta.indexes:
        yield Guard("index", index.name, columns_of(model, index.fields))
    for field in model._meta.local_fields:
        assert field.column  # every field of ours is a column
        if field.primary_key:
            yield Guard("primary key", None, (field.column,))
        elif field.unique:
            yield Guard("unique", None, (field.column,))
        elif getattr(field, "db_index", False) and not field.remote_field:
            yield Guard("index", None, (field.column,))
        if field.remote_field:
            yield Guard("foreign key", None, (field.column,))


def stored_in(table: str) -> Iterator[Guard]:
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
        # Which columns a check reads is not told alike by all.
        columns = () if entry["check"] else tuple(entry["columns"])
        for fact, kind in kinds.items():
            if entry[fact]:
                yield Guard(kind, name, columns)
                yield Guard(kind, None, columns)


def missing(model: type[models.Model], declared: Iterable[Guard]) -> set[Guard]:
    return set(declared) - set(stored_in(model._meta.db_table))


@pytest.mark.django_db
@pytest.mark.parametrize("model", OWN_MODELS, ids=lambda model: model.__name__)
def test_every_constraint_and_index_stands_in_the_catalogue(model: type[models.Model]) -> None:
    assert missing(model, declared_by(model)) == set()


@pytest.mark.django_db
@pytest.mark.parametrize("model", OWN_MODELS, ids=lambda model: model.__name__)
def test_one_that_was_never_created_is_missed(model: type[models.Model]) -> None:
    never = {
        Guard("unique", "never_created", ("id",)),
        Guard("check", "never_created", ()),
        Guard("index", None, ("no_such_column",)),
    }
    assert missing(model, never) == never


def test_the_rules_that_design_rests_on_are_declared() -> None:
    names = {guard.name for model in OWN_MODELS for guard in declared_by(model)}
    assert names >= {
        "busy_tick_one_visit",
        "appointment_doctor_one_start",
        "appointment_patient_one_start",
        "appointment_idempotency_key",
        "appointment_duration_in_range",
        "appointment_status_known",
    }
