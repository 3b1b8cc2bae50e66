"""Model fields that store a folded form of another field (``users/folding.py``).

The value is computed when it is read from an object, so that all ways of saving an object store
it: ``save()``, ``bulk_create()``, ``bulk_update()`` and fixtures. ``FoldedModel`` and the
project's ``QuerySet`` add the field where only some fields are written.
"""

from collections.abc import Callable, Collection, Iterable, Iterator
from typing import TYPE_CHECKING, Any

from django.db import models, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps
from django.db.models.query_utils import DeferredAttribute
from typing_extensions import override

from users import folding

if TYPE_CHECKING:
    CharField = models.CharField[str, str]
else:
    CharField = models.CharField

# Twice the longest source. Longer texts are cut; only letters that fold to three or more make them.
MAX_LENGTH = 300
FILL_BATCH = 1000


class BinaryCharField(CharField):
    """Text that every database compares and sorts by code point.

    Otherwise the collation of the database decides, and MariaDB's takes é for e.
    """

    @override
    def db_parameters(self, connection: BaseDatabaseWrapper) -> dict[str, Any]:
        return super().db_parameters(connection) | {"collation": _binary_collation(connection)}


def _binary_collation(connection: Any) -> str | None:
    """Return the collation that compares by code point and does not ignore trailing spaces."""
    match connection.vendor:
        case "postgresql":
            return "C"
        case "mysql":
            return "utf8mb4_nopad_bin" if connection.mysql_is_mariadb else "utf8mb4_0900_bin"
        case _:
            return None  # SQLite compares by code point.


class FoldedAttribute(DeferredAttribute):
    """Computes the folded form from the source field of the object, if that is loaded."""

    field: "FoldedField"

    @override
    def __get__(self, instance: models.Model | None, cls: Any = None) -> Any:
        if instance is not None and self.field.source in instance.__dict__:
            instance.__dict__[self.field.attname] = self.field.folded_from(instance)
        return super().__get__(instance, cls)

    def __set__(self, instance: models.Model, value: Any) -> None:
        instance.__dict__[self.field.attname] = value


class FoldedField(BinaryCharField):
    """Stores the folded form of the field ``source`` of the same model."""

    descriptor_class = FoldedAttribute
    fold: Callable[[str], str]

    def __init__(self, source: str, **options: Any) -> None:
        self.source = source
        options |= {"max_length": MAX_LENGTH, "editable": False, "blank": True}
        super().__init__(**options)

    @override
    def deconstruct(self) -> Any:
        name, path, args, options = super().deconstruct()
        for fixed in ("max_length", "editable", "blank"):
            options.pop(fixed)
        return name, path, [self.source, *args], options

    def folded(self, text: str | None) -> str:
        """Return what is stored for the source text."""
        return self.fold(text or "")[:MAX_LENGTH]

    def folded_from(self, instance: models.Model) -> str:
        """Return what is stored for this object, whose source field must be loaded."""
        return self.folded(instance.__dict__[self.source])


class EqualityKeyField(FoldedField):
    """The ``equality_key`` of another field: finds all spellings of the same text."""

    fold = staticmethod(folding.equality_key)


class SearchKeyField(FoldedField):
    """The ``search_key`` of another field: for searches and sort orders."""

    fold = staticmethod(folding.search_key)


class FoldedModel(models.Model):
    """Base of models with folded fields: ``save(update_fields=...)`` writes them too."""

    class Meta:
        abstract = True

    @override
    def save_base(self, *args: Any, **kwargs: Any) -> None:
        if kwargs.get("update_fields") is not None:
            kwargs["update_fields"] = frozenset(with_folded(type(self), kwargs["update_fields"]))
        super().save_base(*args, **kwargs)


def with_folded(model: type[models.Model], names: Collection[str]) -> list[str]:
    """Return the names, and those of the folded fields that depend on them."""
    folded = (field.name for field in _folded_fields(model) if field.source in names)
    return list({*names, *folded})


def with_folded_values(model: type[models.Model], values: dict[str, Any]) -> dict[str, Any]:
    """Return values for ``QuerySet.update()``, with those of the folded fields.

    Raises TypeError for an expression whose folded form cannot be computed here.
    """
    folded: dict[str, str] = {}
    for field in _folded_fields(model):
        value = values.get(field.source, "")
        if not hasattr(value, "resolve_expression"):
            if field.source in values:
                folded[field.name] = field.folded(value)
        elif field.name not in values:  # bulk_update() passes expressions for both
            raise TypeError(
                f"update() of {field.source!r} to an expression would leave {field.name!r} out of "
                "date: use save()."
            )
    return values | folded


def _folded_fields(model: type[models.Model]) -> Iterator[FoldedField]:
    for field in model._meta.concrete_fields:  # noqa: SLF001 - Django documents _meta as public
        if isinstance(field, FoldedField):
            yield field


def contains_words(words: Iterable[str], *paths: str) -> models.Q:
    """Return the condition that each of the words occurs in one of the search keys ``paths``.

    The words are those of ``folding.search_terms()``.
    """
    condition = models.Q()
    for word in words:
        condition &= models.Q.create(
            [(f"{path}__contains", word) for path in paths], connector=models.Q.OR
        )
    return condition


def fill(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor, *, model: str) -> None:
    """Compute the folded fields of all rows of a model, for migrations.

    Each batch is a transaction of its own that locks its rows, so that a concurrent change of
    a source field is not overwritten by the folded form of its old value.
    """
    using = schema_editor.connection.alias
    model_class = apps.get_model(model)
    fields = [*_folded_fields(model_class)]
    rows = model_class.objects.using(using).only(*{field.source for field in fields}).order_by("pk")
    last = 0
    while True:
        with transaction.atomic(using):
            batch = list(rows.filter(pk__gt=last).select_for_update()[:FILL_BATCH])
            if not batch:
                return
            rows.bulk_update(batch, [field.name for field in fields])
            last = batch[-1].pk
