"""Dates and times as people type them, and the fields of all forms of the admin."""

import datetime as dt
from collections.abc import Iterator
from typing import Any

import pytest
from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import Model
from django.test import RequestFactory
from django.utils import translation
from pytest_django import Settings

from clinic.admin.base.date_fields import (
    DateField,
    DateTimeField,
    TimeField,
    parse_date,
    parse_time,
)
from clinic.admin.base.formats import format_date, format_datetime
from clinic.admin.doctors_day import DayForm
from clinic.admin.registration_form import RegistrationForm
from clinic.models import Appointment, Doctor, Patient, TimeOff
from tests.support.admin_client import AdminClient, AdminResponse
from tests.support.booking import book_as_patient
from users.models import User

DAY = dt.date(2026, 11, 30)
NOT_A_DATE = {
    "en": "Enter the date as YYYY-MM-DD, for example 2026-11-30.",
    "de": "Enter the date as DD.MM.YYYY, for example 30.11.2026.",
}
FIELDS_OF_DJANGO = (
    *(forms.DateField, forms.TimeField),
    *(forms.DateTimeField, forms.SplitDateTimeField),
)
NOT_A_TIME = "Enter the time as HH:MM, for example 9:30 or 9."


@pytest.mark.parametrize(
    ("language", "typed"),
    [
        *(("en", text) for text in ("2026-11-30", "30.11.2026", "30. 11. 2026", "11/30/2026")),
        *(("en", text) for text in ("Nov 30, 2026", "30 November 2026", " 30.11.26 ")),
        *(("de", text) for text in ("30.11.2026", "30.11.26", "2026-11-30", "30. 11. 2026")),
        ("en-gb", "30/11/2026"),
    ],
)
def test_date_is_read_by_the_habits_of_the_language(language: str, typed: str) -> None:
    with translation.override(language):
        assert DateField().clean(typed) == DAY


@pytest.mark.parametrize("typed", ["soon", "31.11.2026", "30.11.", "2026-30-11", "30-11-2026", "٣"])
@pytest.mark.parametrize("language", ["en", "de"])
def test_invalid_date_is_answered_with_the_format_of_the_language(
    language: str, typed: str
) -> None:
    with translation.override(language), pytest.raises(ValidationError) as invalid:
        DateField().clean(typed)
    assert invalid.value.messages == [NOT_A_DATE[language]]


def test_date_with_slashes_is_not_guessed_in_german() -> None:
    with translation.override("de"), pytest.raises(ValidationError):
        parse_date("11/12/2026")


@pytest.mark.parametrize(
    ("typed", "hour", "minute"),
    [
        *(("9", 9, 0), ("09", 9, 0), ("9:30", 9, 30), ("930", 9, 30), ("0930", 9, 30)),
        *(("9.30", 9, 30), ("09:30", 9, 30), ("09:30:00", 9, 30), ("9h30", 9, 30), ("0", 0, 0)),
        *(("9 am", 9, 0), ("9:30 pm", 21, 30), ("12 am", 0, 0), ("12:30 p.m.", 12, 30)),
        *(("9 Uhr", 9, 0), ("9:30 h", 9, 30), (" 17 ", 17, 0), ("1730", 17, 30)),
    ],
)
def test_time_is_read_as_people_type_it(typed: str, hour: int, minute: int) -> None:
    assert TimeField().clean(typed) == dt.time(hour, minute)


@pytest.mark.parametrize(
    "typed",
    ["noon", "24", "25:00", "9:60", "9:3", "9.5", "93", "12345", "13 pm", "0 am", "-9", "²"],
)
def test_invalid_time_is_answered_with_the_format(typed: str) -> None:
    with pytest.raises(ValidationError) as invalid:
        parse_time(typed)
    assert invalid.value.messages == [NOT_A_TIME]


@pytest.mark.parametrize("field", [DateField, TimeField])
@pytest.mark.parametrize("typed", ["", "  ", None])
def test_empty_field_is_required_or_none(field: type[forms.Field], typed: str | None) -> None:
    assert field(required=False).clean(typed) is None
    with pytest.raises(ValidationError, match="This field is required"):
        field().clean(typed)


def test_date_and_time_are_read_from_two_boxes() -> None:
    assert DateTimeField().clean(["30.11.2026", "9"]).isoformat() == "2026-11-30T09:00:00+01:00"
    with pytest.raises(ValidationError) as invalid:
        DateTimeField().clean(["soon", "noon"])
    assert invalid.value.messages == [NOT_A_DATE["en"], NOT_A_TIME]


@pytest.mark.parametrize(
    ("language", "date", "moment"),
    [("en", "2026-11-30", "Mon 2026-11-30 09:00"), ("de", "30.11.2026", "Mo 30.11.2026 09:00")],
)
def test_pages_show_dates_as_they_are_typed(language: str, date: str, moment: str) -> None:
    with translation.override(language):
        assert format_date(DAY) == date
        assert format_datetime(dt.datetime(2026, 11, 30, 9, tzinfo=dt.UTC)) == moment


def fields_of_admin_forms(user: User, doctor: Doctor, patient: Patient) -> Iterator[forms.Field]:
    """Yield the fields of each form of each registered admin, and of forms of other pages."""
    request = RequestFactory().get("/")
    request.user = user
    objects: dict[type[Model], list[Model]] = {
        Doctor: [doctor],
        Patient: [patient],
        Appointment: [Appointment.objects.get()],
    }
    for model, model_admin in admin.site._registry.items():  # noqa: SLF001 - the only way to every admin
        added: list[Any] = [None] if model_admin.has_add_permission(request) else []
        for obj in [*added, *objects.get(model, [])]:
            form = model_admin.get_form(request, obj, change=obj is not None)
            yield from form.base_fields.values()
            for formset, _inline in model_admin.get_formsets_with_inlines(request, obj):
                yield from formset.form.base_fields.values()
    yield from DayForm.base_fields.values()
    yield from RegistrationForm.base_fields.values()


@pytest.mark.django_db
def test_all_forms_of_the_admin_use_these_fields(sam: User, dora: Doctor, ann: Patient) -> None:
    book_as_patient(ann, dora)
    found = [
        type(field)
        for field in fields_of_admin_forms(sam, dora, ann)
        if isinstance(field, FIELDS_OF_DJANGO)
    ]
    assert set(found) == {DateField, TimeField, DateTimeField}


@pytest.mark.django_db
@pytest.mark.parametrize("language", ["en", "de"])
def test_appointment_is_booked_as_people_type(
    admin: AdminClient, settings: Settings, dora: Doctor, ann: Patient, language: str
) -> None:
    settings.LANGUAGE_CODE = language
    added = "clinic/appointment/add/"
    wrong = admin.save(added, doctor=dora.pk, patient=ann.pk, date="soon", time="noon")
    assert wrong == AdminResponse([], {"date": [NOT_A_DATE[language]], "time": [NOT_A_TIME]})
    values = {"doctor": dora.pk, "patient": ann.pk, "date": "30.11.2026", "time": "930"}
    assert admin.save(added, **values).errors == {}
    appointment = Appointment.objects.get()
    assert (appointment.date, appointment.time) == (DAY, dt.time(9, 30))
    # The page shows the values as they can be typed, and saving them changes nothing.
    path = f"clinic/appointment/{appointment.pk}/change/"
    filled_in = admin.fill_in(path)
    shown = {"en": "2026-11-30", "de": "30.11.2026"}[language]
    assert (filled_in["date"], filled_in["time"]) == (shown, "09:30")
    assert admin.submit(path, filled_in).errors == {}
    assert appointment.history.count() == 1


@pytest.mark.django_db
def test_time_off_is_entered_as_people_type(admin: AdminClient, dora: Doctor) -> None:
    response = admin.save(
        f"clinic/doctor/{dora.pk}/change/",
        time_off__0__starts_at_0="30.11.2026",
        time_off__0__starts_at_1="8",
        time_off__0__ends_at_0="1.12.2026",
        time_off__0__ends_at_1="12.30",
    )
    assert response.errors == {}
    assert str(TimeOff.objects.get()) == "2026-11-30 08:00 - 2026-12-01 12:30"
