"""Inlines of the doctor's page: weekly working hours and time off."""

from collections.abc import Iterable
from typing import Any

from django.contrib import admin
from django.contrib.admin.widgets import AdminTimeWidget
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from typing_extensions import override

from clinic import clock
from clinic.admin.base.formats import format_slot
from clinic.admin.base.generics import InlineFormSet, M, ModelForm, TabularInline
from clinic.admin.base.services import save_error_of
from clinic.booking import schedules
from clinic.booking.schedules import Interval
from clinic.models import Appointment, Doctor, TimeOff, WorkingHours

CONCURRENT_CHANGE = _(
    "Someone else changed the working hours in the meantime. Reload the page and try again."
)


class ServiceInlineForm(ModelForm[M]):
    """A row of a ``ServiceFormSet``."""

    def _post_clean(self) -> None:
        """Skip the validation of the model: the service function validates the row."""


class ServiceFormSet(InlineFormSet[M, Doctor]):
    """Rows that a service function saves.

    An error of the service is displayed in its row. Its key in ``save_error`` has the form
    ``<error_prefix>.<index in service_forms()>.<field>``, such as ``hours.1.end_time``.
    """

    error_prefix: str
    save_error: ValidationError | None = None

    def service_forms(self) -> list[Any]:
        """The forms whose values are passed to the service, in the same order."""
        added = [form for form in self.extra_forms if form.has_changed()]
        return [form for form in added if form not in self.deleted_forms]

    @override
    def clean(self) -> None:
        if self.save_error is None or not hasattr(self.save_error, "error_dict"):
            return
        forms = self.service_forms()
        for key, errors in self.save_error.error_dict.items():
            prefix, _dot, rest = key.partition(".")
            if prefix == self.error_prefix:
                index, field = rest.split(".")
                forms[int(index)].add_error(field, errors)


class ServiceInline(TabularInline[M, Doctor]):
    """An inline whose formset is a ``ServiceFormSet``."""

    extra = 1

    @override
    def get_formset(self, request: HttpRequest, obj: Doctor | None = None, **kwargs: Any) -> Any:
        formset: Any = super().get_formset(request, obj, **kwargs)
        # Not seen by other requests: Django creates a formset class for each request.
        formset.save_error = save_error_of(request)
        return formset


class WorkingHoursForm(ServiceInlineForm[WorkingHours]):
    """One interval of the week."""


class WorkingHoursFormSet(ServiceFormSet[WorkingHours]):
    """The whole week: the service replaces all intervals at once."""

    error_prefix = "hours"

    @override
    def service_forms(self) -> list[Any]:
        kept = [form for form in self.initial_forms if form not in self.deleted_forms]
        return [*kept, *super().service_forms()]

    @override
    def clean(self) -> None:
        # Each change of the week replaces its rows, so their ids are not valid any more.
        if any("id" in form.errors for form in self.initial_forms):
            raise ValidationError(CONCURRENT_CHANGE)
        super().clean()

    @override
    def save(self, commit: bool = True) -> list[WorkingHours]:
        """Replace the week, and set the attributes that Django's change message is made of."""
        forms = self.service_forms()
        week = [_interval_of(form) for form in forms]
        if self.has_changed():
            schedules.set_working_hours(self.instance, week)
        changed = [
            (form, WorkingHours(**interval._asdict()))
            for form, interval in zip(forms, week, strict=True)
            if form.has_changed()
        ]
        self.deleted_objects = [form.instance for form in self.deleted_forms]
        self.new_objects = [hours for form, hours in changed if form in self.extra_forms]
        self.changed_objects = [
            (hours, form.changed_data) for form, hours in changed if form in self.initial_forms
        ]
        return self.new_objects


def _interval_of(form: Any) -> Interval:
    data = form.cleaned_data
    return Interval(data.get("weekday"), data.get("start_time"), data.get("end_time"))


class WorkingHoursInline(ServiceInline[WorkingHours]):
    model = WorkingHours
    form = WorkingHoursForm
    formset = WorkingHoursFormSet
    formfield_overrides = {models.TimeField: {"widget": AdminTimeWidget(format="%H:%M")}}


class TimeOffForm(ServiceInlineForm[TimeOff]):
    """One period of time off."""


class TimeOffFormSet(ServiceFormSet[TimeOff]):
    """Adds and removes periods of time off; existing ones are not editable."""

    error_prefix = "time_off"

    @override
    def save(self, commit: bool = True) -> list[TimeOff]:
        """Save, and set the attributes that Django's change message is made of."""
        self.changed_objects = []
        self.deleted_objects = [
            schedules.remove_time_off(self.instance, form.instance.pk)
            for form in self.deleted_forms
        ]
        self.new_objects = [
            self._add(index, form) for index, form in enumerate(self.service_forms())
        ]
        return self.new_objects

    def _add(self, index: int, form: Any) -> TimeOff:
        data = form.cleaned_data
        try:
            return schedules.add_time_off(
                self.instance,
                starts_at=data["starts_at"],
                ends_at=data["ends_at"],
                reason=data["reason"],
                now=clock.now(),
            )
        except ValidationError as error:
            raise ValidationError(
                {
                    f"{self.error_prefix}.{index}.{field}": errors
                    for field, errors in error.error_dict.items()
                }
            ) from error


class TimeOffInline(ServiceInline[TimeOff]):
    """Current and upcoming time off, with the appointments that overlap it."""

    model = TimeOff
    form = TimeOffForm
    formset = TimeOffFormSet
    fields = ("starts_at", "ends_at", "reason", "overlapping_appointments")
    readonly_fields = ("overlapping_appointments",)
    verbose_name_plural = _("current and upcoming time off")
    # The conflicts of all rows of the page, loaded once. Not seen by other requests: Django creates
    # an inline for each request.
    _conflicts: dict[int, list[Appointment]] | None = None

    @override
    def get_queryset(self, request: HttpRequest) -> QuerySet[TimeOff]:
        return super().get_queryset(request).filter(ends_at__gt=clock.now())

    @override
    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @admin.display(description=_("overlapping appointments, to reschedule or cancel"))
    def overlapping_appointments(self, time_off: TimeOff) -> SafeString | str:
        if not time_off.pk:
            return ""
        if self._conflicts is None:
            upcoming = schedules.upcoming_time_off(time_off.doctor, clock.now())
            self._conflicts = conflicts(upcoming)
        return format_html_join(
            ", ",
            '<a href="{}">{}</a>',
            (
                (
                    reverse("admin:clinic_appointment_change", args=[appointment.pk]),
                    format_slot(appointment.slot),
                )
                for appointment in self._conflicts.get(time_off.pk, [])
            ),
        )


def conflicts(time_off: Iterable[TimeOff]) -> dict[int, list[Appointment]]:
    """Return the open appointments that overlap each time off, keyed by its primary key."""
    periods = list(time_off)
    around = schedules.open_appointments_around(periods)
    return schedules.conflicts_of(periods, around[: schedules.MAX_CONFLICTS])
