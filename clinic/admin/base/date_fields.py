"""Form fields for dates and times, typed as people type them.

A date is read in the formats of the active language, as ``2026-11-30``, and as ``30.11.2026``. A
time is read as ``9``, ``9:30``, ``930`` or ``9.30``. An error names the format, with an example.
"""

import datetime as dt
import re
from typing import Any

from django import forms
from django.contrib.admin.widgets import AdminDateWidget, AdminSplitDateTime, AdminTimeWidget
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext as _
from typing_extensions import override

from clinic.admin.base.formats import date_input_formats, format_date

EXAMPLE = dt.date(2026, 11, 30)
TIME = re.compile(
    r"(?P<hour>\d{1,2})(?:[:.h]?(?P<minute>\d{2})(?::(?P<second>\d{2}))?)?"
    r"\s*(?:(?P<half>[ap])\.?m\.?|h|uhr)?",
    re.ASCII | re.IGNORECASE,
)
NOON = 12


def parse_date(text: str) -> dt.date:
    """Return the typed date. Raises ValidationError, which names the format."""
    # Spaces after dots, as in 30. 11. 2026, are usual in German.
    typed = re.sub(r"\.\s+(?=\d)", ".", text.strip())
    for date_format in date_input_formats():
        try:
            return dt.datetime.strptime(typed, date_format).date()  # noqa: DTZ007 - a date has no zone
        except ValueError:
            continue
    usual = date_input_formats()[0]
    message = _("Enter the date as {format}, for example {example}.").format(
        format=_readable(usual), example=format_date(EXAMPLE)
    )
    raise ValidationError(message, code="invalid")


def parse_time(text: str) -> dt.time:
    """Return the typed time of day. Raises ValidationError, which names the format."""
    message = _("Enter the time as {format}, for example {example}.").format(
        format=_("HH:MM"), example=_("9:30 or 9")
    )
    error = ValidationError(message, code="invalid")
    match = TIME.fullmatch(text.strip())
    if match is None:
        raise error
    hour = int(match["hour"])
    if match["half"]:
        if not 1 <= hour <= NOON:
            raise error
        hour = hour % NOON + (NOON if match["half"].lower() == "p" else 0)
    try:
        return dt.time(hour, int(match["minute"] or 0), int(match["second"] or 0))
    except ValueError as invalid:
        raise error from invalid


def _readable(date_format: str) -> str:
    """Return a format such as ``%d.%m.%Y`` as people write it: ``DD.MM.YYYY``."""
    parts = {"%d": _("DD"), "%m": _("MM"), "%Y": _("YYYY"), "%y": _("YY")}
    for directive, letters in parts.items():
        date_format = date_format.replace(directive, letters)
    return date_format


class DateField(forms.DateField):
    """A date, typed in one of the ``date_input_formats()``."""

    widget = AdminDateWidget

    @override
    def to_python(self, value: Any) -> dt.date | None:
        if isinstance(value, str) and (typed := value.strip()):
            return parse_date(typed)
        return None if isinstance(value, str) else super().to_python(value)


class TimeField(forms.TimeField):
    """A time of day, typed as hours, or as hours and minutes."""

    widget = AdminTimeWidget(format="%H:%M")

    @override
    def to_python(self, value: Any) -> dt.time | None:
        if isinstance(value, str) and (typed := value.strip()):
            return parse_time(typed)
        return None if isinstance(value, str) else super().to_python(value)


class SplitDateTimeWidget(AdminSplitDateTime):
    """Django's widget, which shows the time without seconds."""

    def __init__(self, attrs: dict[str, str] | None = None) -> None:
        super().__init__(attrs)
        self.widgets = (self.widgets[0], AdminTimeWidget(format="%H:%M"))


class DateTimeField(forms.SplitDateTimeField):
    """A date and a time of day in two boxes."""

    widget = SplitDateTimeWidget

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        fields = (DateField(), TimeField())
        for field in fields:
            # As MultiValueField does with its parts: the whole field says that it is required.
            field.required = False
            field.disabled = self.disabled
        self.fields = fields


# Used by all our admin pages: clinic/admin/base/generics.py.
FORMFIELD_OVERRIDES: dict[type[models.Field[Any, Any]], dict[str, Any]] = {
    models.DateField: {"form_class": DateField, "widget": AdminDateWidget},
    models.TimeField: {"form_class": TimeField, "widget": AdminTimeWidget(format="%H:%M")},
    models.DateTimeField: {"form_class": DateTimeField, "widget": SplitDateTimeWidget},
}
