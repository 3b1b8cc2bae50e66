"""Inlines whose rows a service function saves."""

from typing import Any

from django import forms
from django.contrib.admin.widgets import RelatedFieldWidgetWrapper
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.text import capfirst
from django.utils.translation import gettext
from typing_extensions import override

from clinic.admin.base.generics import InlineFormSet, M, ModelForm, TabularInline
from clinic.admin.base.services import save_error_of


class ServiceInlineForm(ModelForm[M]):
    """A row of a ``ServiceFormSet``."""

    def _post_clean(self) -> None:
        """Skip the validation of the model: the service function validates the row."""


def _name_widget(field: forms.Field) -> None:
    """Give a field of a table its label: Django only writes the label above the column.

    Otherwise a screen reader would call each field an edit box.
    """
    label, widget = capfirst(str(field.label)), field.widget
    if isinstance(widget, RelatedFieldWidgetWrapper):
        widget = widget.widget  # which is rendered; the wrapper's attributes are shared by all rows
    if isinstance(widget, forms.SplitDateTimeWidget):
        date, time = widget.widgets
        date.attrs["aria-label"] = gettext("{label}: date").format(label=label)
        time.attrs["aria-label"] = gettext("{label}: time").format(label=label)
    elif not widget.is_hidden:
        widget.attrs["aria-label"] = label


class ServiceFormSet(InlineFormSet[M, Any]):
    """Rows that a service function saves.

    An error of the service is displayed in its row. Its key in ``save_error`` has the form
    ``<error_prefix>.<index in service_forms()>.<field>``, such as ``hours.1.end_time``. Without
    the field it is an error of the field ``main_field``.
    """

    error_prefix: str
    main_field: str = ""
    # The error if another request removed or replaced rows of the page after it was opened.
    concurrent_change: Any = None
    save_error: ValidationError | None = None

    def service_forms(self) -> list[Any]:
        """The forms whose values are passed to the service, in the same order."""
        added = [form for form in self.extra_forms if form.has_changed()]
        return [form for form in added if form not in self.deleted_forms]

    @override
    def clean(self) -> None:
        if self.concurrent_change and any("id" in form.errors for form in self.initial_forms):
            raise ValidationError(self.concurrent_change)
        if self.save_error is None or not hasattr(self.save_error, "error_dict"):
            return
        forms = self.service_forms()
        for key, errors in self.save_error.error_dict.items():
            prefix, _dot, rest = key.partition(".")
            if prefix == self.error_prefix and rest:
                index, _dot, field = rest.partition(".")
                forms[int(index)].add_error(field or self.main_field, errors)

    @override
    def add_fields(self, form: Any, index: int | None) -> None:
        super().add_fields(form, index)
        for field in form.fields.values():
            _name_widget(field)

    def warnings(self) -> list[str]:
        """Return what staff should do about the saved rows, as messages for the next page."""
        return []

    def row_error(self, index: int, error: ValidationError) -> ValidationError:
        """Return an error of a service that saved one row, with the keys that ``clean()`` reads."""
        return ValidationError(
            {
                f"{self.error_prefix}.{index}.{field}": errors
                for field, errors in error.error_dict.items()
            }
        )


class ReplacingFormSet(ServiceFormSet[M]):
    """Rows that the service replaces all at once, so that their ids change with each save."""

    @override
    def service_forms(self) -> list[Any]:
        kept = [form for form in self.initial_forms if form not in self.deleted_forms]
        return [*kept, *super().service_forms()]

    def record_changes(self, rows: list[M]) -> None:
        """Set the attributes that Django's change message is made of.

        ``rows`` are those of ``service_forms()``, in the same order.
        """
        changed = [
            (form, row)
            for form, row in zip(self.service_forms(), rows, strict=True)
            if form.has_changed()
        ]
        self.deleted_objects = [form.instance for form in self.deleted_forms]
        self.new_objects = [row for form, row in changed if form in self.extra_forms]
        self.changed_objects = [
            (row, form.changed_data) for form, row in changed if form in self.initial_forms
        ]


class ServiceInline(TabularInline[M, Any]):
    """An inline whose formset is a ``ServiceFormSet``."""

    extra = 1

    @override
    def get_formset(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        formset: Any = super().get_formset(request, obj, **kwargs)
        # Not seen by other requests: Django creates a formset class for each request.
        formset.save_error = save_error_of(request)
        return formset
