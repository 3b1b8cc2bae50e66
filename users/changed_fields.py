"""Validate only what changed, so that a row that an earlier release accepted stays editable.

Changed text is stored in NFC.
"""

from collections.abc import Collection, Iterable, Sequence
from typing import Any, Self

from django.db import models
from typing_extensions import override

from users.text import to_nfc


class ChangedFieldsModel(models.Model):
    """Base of models whose ``clean_fields()`` checks the fields that differ from the database.

    Otherwise a new rule would reject every change of a row that breaks it: one old name would
    make changing the gender fail. A new row is checked as a whole.
    """

    # The names and values as loaded from the database; None for a new row.
    loaded: tuple[Sequence[str], Sequence[Any]] | None = None

    class Meta:
        abstract = True

    @override
    @classmethod
    def from_db(
        cls, db: str | None, field_names: Collection[str], values: Collection[Any], **kwargs: Any
    ) -> Self:
        row = super().from_db(db, field_names, values, **kwargs)
        # Kept as two references: building a dictionary for each row of a list would cost more.
        row.loaded = (tuple(field_names), tuple(values))
        return row

    @override
    def refresh_from_db(self, *args: Any, **kwargs: Any) -> None:
        """Reload fields, or load deferred ones, which count as unchanged afterwards."""
        before = set(self.__dict__)
        fields = kwargs.get("fields") or (args[1] if len(args) > 1 else None)
        super().refresh_from_db(*args, **kwargs)
        reloaded = before | set(self.__dict__) if fields is None else set(fields)
        self._remember(reloaded)

    @override
    def save_base(self, *args: Any, **kwargs: Any) -> None:
        self._normalize_text()
        super().save_base(*args, **kwargs)
        written = kwargs.get("update_fields")
        self._remember(self.__dict__ if written is None else written)

    def _remember(self, names: Iterable[str]) -> None:
        """Count the named fields as unchanged from now on."""
        loaded = dict(zip(*self.loaded, strict=False)) if self.loaded else {}
        names = set(names)
        for field in self._meta.concrete_fields:
            if field.attname in self.__dict__ and not names.isdisjoint({field.name, field.attname}):
                loaded[field.attname] = self.__dict__[field.attname]
        self.loaded = (tuple(loaded), tuple(loaded.values()))

    def changed_fields(self) -> set[str]:
        """Return the names of the fields that differ from the database; all if the row is new."""
        fields = self._meta.concrete_fields
        if self._state.adding or self.loaded is None:
            return {field.name for field in fields}
        loaded = dict(zip(*self.loaded, strict=True))
        return {
            field.name
            for field in fields
            if field.attname in self.__dict__
            and (
                field.attname not in loaded or self.__dict__[field.attname] != loaded[field.attname]
            )
        }

    def _normalize_text(self) -> None:
        """Convert the changed texts to their stored form, NFC, whichever way they came in."""
        for name in self.changed_fields():
            text = self.__dict__.get(name)
            if isinstance(text, str):
                self.__dict__[name] = to_nfc(text)

    def has_changed(self, *names: str) -> bool:
        """Return whether one of the named fields differs from the database."""
        return not self.changed_fields().isdisjoint(names)

    @override
    def clean_fields(self, exclude: Collection[str] | None = None) -> None:
        """Validate the changed fields. Raises ValidationError by field name."""
        self._normalize_text()
        unchanged = {field.name for field in self._meta.concrete_fields} - self.changed_fields()
        super().clean_fields(exclude={*(exclude or ()), *unchanged})
