"""Form fields that the forms of new and of existing appointments share."""

from typing import Any

from django import forms
from django.contrib.admin.widgets import RelatedFieldWidgetWrapper
from django.utils.translation import gettext_lazy as _

from clinic.models import AppointmentType
from clinic.rules import MAX_DURATION_MINUTES
from clinic.slots import GRID_MINUTES


class DurationField(forms.IntegerField):
    """The length of an appointment in minutes."""

    def __init__(self, **options: Any) -> None:
        super().__init__(
            label=_("Duration in minutes"),
            min_value=GRID_MINUTES,
            max_value=MAX_DURATION_MINUTES,
            **options,
        )


def limit_types(field: forms.Field, present: AppointmentType | None = None) -> None:
    """Let a field choose between the active types and the ``present`` one of the appointment."""
    assert isinstance(field, forms.ModelChoiceField)  # noqa: S101 - for the type checker
    active = AppointmentType.objects.filter(active=True)
    field.queryset = active | AppointmentType.objects.filter(pk=present.pk if present else 0)
    if isinstance(field.widget, RelatedFieldWidgetWrapper):
        # The catalogue is not changed from this form.
        widget = field.widget
        widget.can_add_related = widget.can_change_related = widget.can_delete_related = False
