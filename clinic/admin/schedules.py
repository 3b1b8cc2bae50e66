"""A doctor's own time, as parts of the doctor's page: the week, and time off."""

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
from typing_extensions import override

from clinic import clock
from clinic.admin.base.generics import InlineFormSet, M, ModelForm, TabularInline
from clinic.admin.base.services import error_of, format_slot
from clinic.booking import schedules
from clinic.booking.schedules import Interval
from clinic.models import Appointment, Doctor, TimeOff, WorkingHours

WEEK_CHANGED_MEANWHILE = "Somebody else changed this week meanwhile. Open the page again to see it."


class RowForm(ModelForm[M]):
    def _post_clean(self) -> None:
        """Leave the judging to the verb, which says it in its own words."""


class RowFormSet(InlineFormSet[M, Doctor]):
    """Rows that a verb saves, and that show what it refused: ``part.1.end_time``."""

    part: str
    refusal: ValidationError | None = None

    def rows(self) -> list[Any]:
        """Those that the verb is given, in its order."""
        added = [row for row in self.extra_forms if row.has_changed()]
        return [row for row in added if row not in self.deleted_forms]

    @override
    def clean(self) -> None:
        if self.refusal is None or not hasattr(self.refusal, "error_dict"):
            return
        rows = self.rows()
        for path, errors in self.refusal.error_dict.items():
            part, _, rest = path.partition(".")
            if part == self.part:
                place, name = rest.split(".")
                rows[int(place)].add_error(name, errors)


class RowInline(TabularInline[M, Doctor]):
    extra = 1

    @override
    def get_formset(self, request: HttpRequest, obj: Doctor | None = None, **kwargs: Any) -> Any:
        formset = super().get_formset(request, obj, **kwargs)
        return type(formset.__name__, (formset,), {"refusal": error_of(request)})


class HoursForm(RowForm[WorkingHours]):
    """One interval of the week."""


class HoursFormSet(RowFormSet[WorkingHours]):
    part = "hours"

    @override
    def rows(self) -> list[Any]:
        kept = [row for row in self.initial_forms if row not in self.deleted_forms]
        return [*kept, *super().rows()]

    @override
    def clean(self) -> None:
        if any("id" in form.errors for form in self.initial_forms):
            raise ValidationError(WEEK_CHANGED_MEANWHILE)
        super().clean()

    @override
    def save(self, commit: bool = True) -> list[WorkingHours]:
        """Set the week as a whole: a row by itself means nothing to its neighbours."""
        week = {row: Interval(*map(row.cleaned_data.get, Interval._fields)) for row in self.rows()}
        if self.has_changed():
            schedules.set_working_hours(self.instance, list(week.values()))
        self._note_for_the_log(week)
        return self.new_objects

    def _note_for_the_log(self, week: dict[Any, Interval]) -> None:
        changed = [
            (WorkingHours(**interval._asdict()), row)
            for row, interval in week.items()
            if row.has_changed()
        ]
        self.deleted_objects = [row.instance for row in self.deleted_forms]
        self.new_objects = [hours for hours, row in changed if row in self.extra_forms]
        self.changed_objects = [
            (hours, row.changed_data) for hours, row in changed if row in self.initial_forms
        ]


class HoursInline(RowInline[WorkingHours]):
    model = WorkingHours
    form = HoursForm
    formset = HoursFormSet
    formfield_overrides = {models.TimeField: {"widget": AdminTimeWidget(format="%H:%M")}}


class TimeOffForm(RowForm[TimeOff]):
    """One stretch of time off."""


class TimeOffFormSet(RowFormSet[TimeOff]):
    part = "time_off"

    @override
    def save(self, commit: bool = True) -> list[TimeOff]:
        self.changed_objects = []
        self.deleted_objects = [
            schedules.remove_time_off(self.instance, row.instance.pk) for row in self.deleted_forms
        ]
        self.new_objects = [self._add(place, row) for place, row in enumerate(self.rows())]
        return self.new_objects

    def _add(self, place: int, row: Any) -> TimeOff:
        wish = {name: row.cleaned_data[name] for name in ("starts_at", "ends_at", "reason")}
        try:
            return schedules.add_time_off(self.instance, **wish)
        except ValidationError as refusal:
            raise ValidationError(
                {f"{self.part}.{place}.{name}": e for name, e in refusal.error_dict.items()}
            ) from refusal


class TimeOffInline(RowInline[TimeOff]):
    """Time off is added and removed; there is no verb that changes one."""

    model = TimeOff
    form = TimeOffForm
    formset = TimeOffFormSet
    fields = ("starts_at", "ends_at", "reason", "appointments_inside")
    readonly_fields = ("appointments_inside",)
    _conflicts: dict[int, list[Appointment]] | None = None
    verbose_name_plural = "time off that is not over"

    @override
    def get_queryset(self, request: HttpRequest) -> QuerySet[TimeOff]:
        return super().get_queryset(request).filter(ends_at__gt=clock.now())

    @override
    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @admin.display(description="appointments inside, to be moved or cancelled")
    def appointments_inside(self, time_off: TimeOff) -> SafeString | str:
        if not time_off.pk:
            return ""
        if self._conflicts is None:
            # Of all rows at once. Django makes an inline anew for every page.
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
    """Return the open appointments in each time off, by its primary key."""
    loaded = list(time_off)
    return schedules.conflicts_of(loaded, schedules.open_appointments_around(loaded))
