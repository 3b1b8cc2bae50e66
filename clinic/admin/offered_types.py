"""Inline of the doctor's page: the appointment types that the doctor offers, in order."""

from functools import cached_property
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from typing_extensions import override

from clinic.admin.base.service_inlines import ReplacingFormSet, ServiceInline, ServiceInlineForm
from clinic.booking import catalogue
from clinic.booking.catalogue import MAX_OFFERED_TYPES
from clinic.models import AppointmentType, OfferedType

CONCURRENT_CHANGE = _(
    "Someone else changed the appointment types of this doctor in the meantime. Reload the page "
    "and try again."
)
NONE_FOR_PATIENTS = _(
    "Patients find no free times of this doctor unless they choose an appointment type, because "
    "none of the doctor's types can be booked by patients. Add one that can, or remove all types."
)


class OfferedTypeForm(ServiceInlineForm[OfferedType]):
    """An appointment type and its place in the doctor's order."""

    position = forms.IntegerField(
        label=_("Position"),
        required=False,
        min_value=1,
        max_value=MAX_OFFERED_TYPES,
        help_text=_("1 is the first. If empty, the last."),
    )

    @override
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.initial["position"] = self.instance.position + 1

    def sort_key(self) -> tuple[int, int]:
        """Return a key by which the rows of the page are sorted.

        Of two rows with the same position, one that was moved up comes before the other, and one
        that was moved down after it.
        """
        old, new = self.initial.get("position"), self.cleaned_data.get("position")
        if new is None:
            return MAX_OFFERED_TYPES + 1, 0
        if old is None:
            return new, -1
        return new, (new > old) - (new < old)


class OfferedTypeFormSet(ReplacingFormSet[OfferedType]):
    """All types of the doctor: the service replaces the whole list at once."""

    error_prefix = "appointment_type_ids"
    main_field = "appointment_type"
    concurrent_change = CONCURRENT_CHANGE

    @cached_property
    def _choices(self) -> list[tuple[Any, str]]:
        types = AppointmentType.objects.order_by("name", "pk")
        labels = [(kind.pk, kind.name if kind.active else _inactive(kind)) for kind in types]
        return [("", "---------"), *labels]

    @override
    def add_fields(self, form: Any, index: int | None) -> None:
        super().add_fields(form, index)
        if "appointment_type" in form.fields:
            # Otherwise each row would load all types.
            form.fields["appointment_type"].choices = self._choices
            # A delete link of the catalogue's type would look like one of the row.
            form.fields["appointment_type"].widget.can_delete_related = False

    @override
    def service_forms(self) -> list[Any]:
        return sorted(super().service_forms(), key=OfferedTypeForm.sort_key)

    @override
    def save(self, commit: bool = True) -> list[OfferedType]:
        """Replace the list, and set the attributes that Django's change message is made of."""
        if not self.has_changed():
            self.new_objects, self.changed_objects, self.deleted_objects = [], [], []
            return []
        types = self._chosen_types()
        catalogue.set_appointment_types(self.instance, [kind.pk for kind in types])
        self.record_changes(
            [OfferedType(doctor=self.instance, appointment_type=kind) for kind in types]
        )
        return self.new_objects

    def _chosen_types(self) -> list[AppointmentType]:
        return [form.cleaned_data["appointment_type"] for form in self.service_forms()]

    @override
    def warnings(self) -> list[str]:
        types = self._chosen_types() if self.has_changed() else []
        return [] if not types or _default_of(types) else [str(NONE_FOR_PATIENTS)]


class OfferedTypeInline(ServiceInline[OfferedType]):
    """The types in the doctor's order, with a note on the default one."""

    model = OfferedType
    form = OfferedTypeForm
    formset = OfferedTypeFormSet
    fields = ("appointment_type", "position", "note")
    readonly_fields = ("note",)
    verbose_name = _("appointment type")
    verbose_name_plural = _(
        "appointment types that the doctor offers (none: every appointment has the slot length)"
    )

    # Of the doctor, loaded once. Not seen by other requests: Django creates an inline for each
    # request.
    _types: list[AppointmentType] | None = None

    @override
    def get_queryset(self, request: HttpRequest) -> QuerySet[OfferedType]:
        return super().get_queryset(request).select_related("doctor__user", "appointment_type")

    @admin.display(description=_("note"))
    def note(self, row: OfferedType) -> str:
        if not row.pk:
            return ""
        if self._types is None:
            offered = OfferedType.objects.of_doctors([row.doctor_id])
            self._types = [other.appointment_type for other in offered]
        kind = row.appointment_type
        if kind == _default_of(self._types):
            return gettext("Default: used if a patient chooses no type.")
        if not kind.active:
            return gettext("Inactive: cannot be booked.")
        if not kind.is_bookable(by_patients=True):
            return gettext("Only doctors and staff can book it.")
        return ""


def _default_of(types: list[AppointmentType]) -> AppointmentType | None:
    """Return the first type that patients can book."""
    return next((kind for kind in types if kind.is_bookable(by_patients=True)), None)


def _inactive(kind: AppointmentType) -> str:
    return gettext("{name} (inactive)").format(name=kind.name)
