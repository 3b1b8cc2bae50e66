"""Validate only what changed, so that a row that an earlier release accepted stays editable.

Changed text is stored in NFC.
"""

from collections.abc import Collection, Iterable
from typing import Any, Self

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models.base import ModelState
from django.db.models.signals import post_init, pre_init
from typing_extensions import override

from users.text import to_nfc


class ChangedFieldsModel(models.Model):
    """Base of models whose ``clean_fields()`` checks the fields that differ from the database.

    Otherwise a new rule would reject every change of a row that breaks it: one old name would
    make changing the gender fail. A new row is checked as a whole.
    """

    # The names and values as loaded from the database; None for a new row.
    loaded: tuple[Collection[str], Collection[Any]] | None = None

    class Meta:
        abstract = True

    @override
    @classmethod
    def from_db(
        cls, db: str | None, field_names: Collection[str], values: Collection[Any], **kwargs: Any
    ) -> Self:
        # Asking for the listeners of a model takes as long as making an instance.
        has_receivers = post_init.receivers or pre_init.receivers
        if has_receivers and (post_init.has_listeners(cls) or pre_init.has_listeners(cls)):
            row = super().from_db(db, field_names, values, **kwargs)
        else:
            # As Model.from_db() does, which takes three times as long, because it looks for the
            # deferred fields, sets each value separately and sends two signals.
            row, state = cls.__new__(cls), ModelState()
            state.adding, state.db = False, db
            row.__dict__.update(zip(field_names, values, strict=True), _state=state)
        # Kept as they are: building a dictionary for each row of a list would cost more.
        row.loaded = (field_names, values)
        return row

    @override
    def refresh_from_db(self, *args: Any, **kwargs: Any) -> None:
        """Reload fields, or load deferred ones, which count as unchanged afterwards."""
        fields = kwargs.get("fields") or (args[1] if len(args) > 1 else None)
        super().refresh_from_db(*args, **kwargs)
        self._remember(self.__dict__ if fields is None else fields)

    @override
    def save_base(self, *args: Any, **kwargs: Any) -> None:
        self._normalize_changed_text()
        super().save_base(*args, **kwargs)
        written = kwargs.get("update_fields")
        self._remember(self.__dict__ if written is None else written)

    def _remember(self, names: Iterable[str]) -> None:
        """Count the named fields as unchanged from now on."""
        loaded = dict(zip(*self.loaded, strict=True)) if self.loaded else {}
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

    def loaded_value(self, name: str) -> Any:
        """Return a field as it is in the database; None if the row is new."""
        return dict(zip(*self.loaded, strict=True)).get(name) if self.loaded else None

    def _normalize_changed_text(self) -> set[str]:
        """Convert the changed texts to their stored form, NFC; return the changed fields."""
        changed = self.changed_fields()
        for name in changed:
            text = self.__dict__.get(name)
            if isinstance(text, str):
                self.__dict__[name] = to_nfc(text)
        return changed

    def has_changed(self, *names: str) -> bool:
        """Return whether one of the named fields differs from the database."""
        return not self.changed_fields().isdisjoint(names)

    def field_errors(
        self, exclude: Collection[str], *, validate_constraints: bool = True
    ) -> dict[str, list[ValidationError]]:
        """Return the errors of ``full_clean()`` by field name, to be raised with others."""
        try:
            self.full_clean(exclude=exclude, validate_constraints=validate_constraints)
        except ValidationError as error:
            return dict(error.error_dict)
        return {}

    @override
    def clean_fields(self, exclude: Collection[str] | None = None) -> None:
        """Validate the changed fields. Raises ValidationError by field name."""
        changed = self._normalize_changed_text()
        unchanged = {field.name for field in self._meta.concrete_fields} - changed
        super().clean_fields(exclude={*(exclude or ()), *unchanged})
