"""Inline of the doctor's page: special hours of dates from today on."""

import datetime as dt
import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any, cast

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.forms.formsets import DELETION_FIELD_NAME
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from typing_extensions import override

from clinic import clock
from clinic.admin.base.links import appointment_links
from clinic.admin.base.service_inlines import ServiceFormSet, ServiceInline, ServiceInlineForm
from clinic.booking import date_exceptions
from clinic.booking.availability import OutsideReason
from clinic.booking.conflicts import Conflict, upcoming_conflicts
from clinic.booking.date_exceptions import TimeRange
from clinic.models import Doctor, SpecialHours, SpecialInterval
from clinic.models.date_exceptions import SpecialHoursQuerySet

CONCURRENT_CHANGE = _(
    "Someone else removed special hours of this doctor in the meantime. Reload the page and try "
    "again."
)
FORMAT = _(
    "Enter hours such as 09:00-12:00, 14:00-17:00. Leave the field empty if the doctor does not "
    "work on this day."
)
LISTED_TWICE = _("This date is listed twice. Enter all of its hours in one row.")
# Hours and minutes, such as 9, 9:30 or 09.30.
_TIME = r"(\d{1,2})(?:[:.](\d{2}))?"
RANGE = re.compile(rf"{_TIME}\s*[-\u2010-\u2015\u2212]\s*{_TIME}", re.ASCII)


def parse_hours(text: str) -> list[TimeRange]:
    """Return the intervals in a text such as ``09:00-12:00, 14:00-17:00``; empty for no text.

    24:00 is returned as 00:00. Raises ValidationError.
    """
    return [_parse_range(part.strip()) for part in re.split("[,;]", text) if part.strip()]


def _parse_range(text: str) -> TimeRange:
    match = RANGE.fullmatch(text)
    if match is None:
        raise ValidationError(FORMAT, code="invalid")
    start_hour, start_minute, end_hour, end_minute = (int(part or 0) for part in match.groups())
    if (end_hour, end_minute) == (24, 0):
        end_hour = 0
    try:
        return dt.time(start_hour, start_minute), dt.time(end_hour, end_minute)
    except ValueError as error:
        raise ValidationError(FORMAT, code="invalid") from error


def format_hours(intervals: Iterable[SpecialInterval]) -> str:
    """Return the intervals in the form that ``parse_hours()`` reads."""
    return ", ".join(map(str, intervals))


class SpecialHoursForm(ServiceInlineForm[SpecialHours]):
    """A date and its hours, typed as text."""

    hours = forms.CharField(
        label=_("Hours"),
        required=False,
        max_length=200,
        help_text=FORMAT,
        widget=forms.TextInput(attrs={"placeholder": "09:00-12:00, 14:00-17:00"}),
    )

    @override
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.initial["hours"] = format_hours(self.instance.intervals.all())

    def clean_hours(self) -> list[TimeRange]:
        return parse_hours(self.cleaned_data["hours"])


class SpecialHoursFormSet(ServiceFormSet[SpecialHours]):
    """Adds, changes and removes special hours, date by date."""

    error_prefix = "special_hours"
    concurrent_change = CONCURRENT_CHANGE

    @override
    def service_forms(self) -> list[Any]:
        kept = [form for form in self.initial_forms if form not in self.deleted_forms]
        return [*(form for form in kept if form.has_changed()), *super().service_forms()]

    @override
    def clean(self) -> None:
        super().clean()
        dates: set[dt.date] = set()
        for form in [*self.initial_forms, *self.extra_forms]:
            date = form.cleaned_data.get("date")
            # Not deleted_forms, which is empty as soon as a row has an error.
            if date is None or form.cleaned_data.get(DELETION_FIELD_NAME):
                continue
            if date in dates:
                form.add_error("date", ValidationError(LISTED_TWICE, code="invalid"))
            dates.add(date)

    @override
    def save(self, commit: bool = True) -> list[SpecialHours]:
        """Save, and set the attributes that Django's change message is made of."""
        forms = self.service_forms()
        moved = [form for form in forms if form.instance.pk and "date" in form.changed_data]
        for form in [*self.deleted_forms, *moved]:
            date_exceptions.remove_special_hours(self.instance, form.initial["date"])
        saved = [self._set(index, form) for index, form in enumerate(forms)]
        self.deleted_objects = [form.instance for form in self.deleted_forms]
        self.new_objects = [
            row for form, row in zip(forms, saved, strict=True) if form in self.extra_forms
        ]
        self.changed_objects = [
            (row, form.changed_data)
            for form, row in zip(forms, saved, strict=True)
            if form in self.initial_forms
        ]
        return self.new_objects

    def _set(self, index: int, form: Any) -> SpecialHours:
        data = form.cleaned_data
        try:
            return date_exceptions.set_special_hours(
                self.instance, data["date"], data["hours"], clock.now()
            )
        except ValidationError as error:
            raise self.row_error(index, _by_form_field(error, data["hours"])) from error

    @override
    def warnings(self) -> list[str]:
        changed = [*self.service_forms(), *self.deleted_forms]
        dates = {
            date
            for form in changed
            for date in (form.initial.get("date"), form.cleaned_data.get("date"))
            if date
        }
        if not dates:
            return []
        by_date = conflicts_by_date(self.instance)
        return [
            ngettext(
                "{count} appointment on {date} is outside the doctor's hours. Reschedule or "
                "cancel it.",
                "{count} appointments on {date} are outside the doctor's hours. Reschedule or "
                "cancel each of them.",
                len(by_date[date]),
            ).format(count=len(by_date[date]), date=date)
            for date in sorted(dates & by_date.keys())
        ]


class SpecialHoursInline(ServiceInline[SpecialHours]):
    """Special hours from today on, with the appointments outside of them."""

    model = SpecialHours
    form = SpecialHoursForm
    formset = SpecialHoursFormSet
    fields = ("date", "hours", "outside")
    readonly_fields = ("outside",)
    verbose_name = _("special hours")
    verbose_name_plural = _("special hours of single days, instead of the working hours")
    # Loaded once. Not seen by other requests: Django creates an inline for each request.
    _conflicts: dict[dt.date, list[Conflict]] | None = None

    @override
    def get_queryset(self, request: HttpRequest) -> QuerySet[SpecialHours]:
        rows = cast("SpecialHoursQuerySet", super().get_queryset(request))
        return rows.from_day(clock.today()).select_related("doctor")

    @admin.display(description=_("hours"))
    def hours(self, row: SpecialHours) -> str:
        """Shown to staff who cannot change the row."""
        return format_hours(row.intervals.all())

    @admin.display(description=_("appointments outside, to reschedule or cancel"))
    def outside(self, row: SpecialHours) -> SafeString | str:
        if not row.pk:
            return ""
        if self._conflicts is None:
            self._conflicts = conflicts_by_date(row.doctor)
        return appointment_links(
            (conflict.appointment_id, conflict.slot)
            for conflict in self._conflicts.get(row.date, [])
        )


def conflicts_by_date(doctor: Doctor) -> dict[dt.date, list[Conflict]]:
    """Return the open appointments from today on that are outside the doctor's hours, by date."""
    by_date: dict[dt.date, list[Conflict]] = defaultdict(list)
    for conflict in upcoming_conflicts(clock.today(), {OutsideReason.HOURS}, doctor=doctor):
        by_date[conflict.slot.date].append(conflict)
    return by_date


def _by_form_field(error: ValidationError, hours: Sequence[TimeRange]) -> ValidationError:
    """Convert the keys of ``set_special_hours()`` to the fields of the form.

    The message about an interval begins with the interval.
    """
    errors: dict[str, list[ValidationError]] = defaultdict(list)
    for key, of_key in error.error_dict.items():
        field, _dot, rest = key.partition(".")
        if rest:
            start, end = hours[int(rest.partition(".")[0])]
            label = f"{start:%H:%M}-{end:%H:%M}"
            of_key = [  # noqa: PLW2901 - the same errors, with a label
                ValidationError(f"{label}: {message}", code=one.code)
                for one in of_key
                for message in one.messages
            ]
        errors[field] += of_key
    return ValidationError(errors)
