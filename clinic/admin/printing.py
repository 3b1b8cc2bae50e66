"""Pages for paper: the appointments of a day, and those of a doctor's week."""

import datetime as dt
from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Any, NamedTuple

from django import forms
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from typing_extensions import override

from clinic import clock
from clinic.admin.base.audit import AuditedAdmin, ShownObject
from clinic.admin.base.date_fields import DateField
from clinic.admin.base.formats import format_datetime, format_day, format_phone_number
from clinic.admin.base.services import request_user
from clinic.models import Appointment, Doctor, Patient

OPERATION = "admin print"
DAY_TEMPLATE = "admin/clinic/appointment/print_day.html"
WEEK_TEMPLATE = "admin/clinic/appointment/print_week.html"
APPOINTMENT_FIELDS = (
    *("date", "time", "duration_minutes", "doctor", "patient", "status"),
    *("appointment_type", "reason_for_visit", "arrived_at"),
)
PATIENT_FIELDS = ("date_of_birth", "emergency_contact_phone", "phone_number")
DAYS_OF_WEEK, WEEKEND = 7, 5


class PrintedDayForm(forms.Form):
    """The date, and the doctors."""

    date = DateField(label=_("Date"))
    doctors = forms.ModelMultipleChoiceField(
        label=_("Doctors"),
        queryset=Doctor.objects.select_related("user").by_name(),
        required=False,
        widget=forms.SelectMultiple(attrs={"size": 4}),
        help_text=_("All, if none is selected."),
    )


class PrintedWeekForm(forms.Form):
    """The doctor, and a date in the week."""

    doctor = forms.ModelChoiceField(
        label=_("Doctor"), queryset=Doctor.objects.select_related("user").by_name()
    )
    date = DateField(label=_("A date in the week"))


class Line(NamedTuple):
    """An appointment on paper. The record of the patient is left out without its permission."""

    appointment: Appointment
    phone_number: str
    date_of_birth: dt.date | None


class Section(NamedTuple):
    """The appointments of a doctor's day, under a heading."""

    title: str
    lines: Sequence[Line]


class PrintMixin(AuditedAdmin[Appointment]):
    """Adds the pages to the admin of appointments. Every printed patient is recorded as read."""

    @override
    def get_urls(self) -> list[URLPattern]:
        day, week = (
            self.admin_site.admin_view(view) for view in (self.print_day_view, self.print_week_view)
        )
        return [
            path("print/day/", day, name="clinic_appointment_print_day"),
            path("print/week/", week, name="clinic_appointment_print_week"),
            *super().get_urls(),
        ]

    def print_day_view(self, request: HttpRequest) -> HttpResponse:
        """Show the appointments of a day, of all or of some doctors."""
        self._require_permission(request)
        data = request.GET if "date" in request.GET else {"date": str(clock.today())}
        form, context = PrintedDayForm(data), {}
        if form.is_valid():
            date, doctors = form.cleaned_data["date"], form.cleaned_data["doctors"]
            chosen = Appointment.objects.filter(date=date)
            if doctors:
                chosen = chosen.filter(doctor__in=doctors)
            lines = self._lines(request, chosen)
            context = {"heading": format_day(date), "sections": _by_doctor(lines)}
        return self._page(request, DAY_TEMPLATE, gettext("Print a day"), form, context)

    def print_week_view(self, request: HttpRequest) -> HttpResponse:
        """Show the appointments of a doctor from Monday to Sunday."""
        self._require_permission(request)
        today = str(clock.today())
        data = {"date": today, **request.GET.dict()} if "doctor" in request.GET else None
        form, context = PrintedWeekForm(data, initial={"date": today}), {}
        if form.is_valid():
            doctor, date = form.cleaned_data["doctor"], form.cleaned_data["date"]
            days = _days_of_week(date)
            chosen = Appointment.objects.filter(doctor=doctor, date__range=(days[0], days[-1]))
            context = {
                "heading": gettext("{doctor}, week of {day}").format(
                    doctor=doctor.user, day=format_day(days[0])
                ),
                "sections": _by_day(self._lines(request, chosen), days),
            }
        return self._page(request, WEEK_TEMPLATE, gettext("Print a doctor's week"), form, context)

    def _require_permission(self, request: HttpRequest) -> None:
        if not self.has_view_or_change_permission(request):
            raise PermissionDenied

    def _lines(self, request: HttpRequest, chosen: QuerySet[Appointment]) -> list[Line]:
        """Load the appointments that take place, and record them. One query, and the record."""
        appointments = list(
            chosen.live()  # type: ignore[attr-defined]  # the manager's queryset
            .with_people()
            .select_related("appointment_type")
            .order_by("doctor__user__last_name_folded", "doctor_id", "date", "time", "pk")
        )
        can_view_patients = request_user(request).has_perm("clinic.view_patient")
        shown = [ShownObject.of(row, APPOINTMENT_FIELDS) for row in appointments]
        if can_view_patients:
            shown += [ShownObject.of(row.patient, PATIENT_FIELDS) for row in appointments]
        self.record_objects(request, shown, OPERATION)
        return [
            Line(row, _phone_number_of(row.patient), row.patient.date_of_birth)
            if can_view_patients
            else Line(row, "", None)
            for row in appointments
        ]

    def _page(
        self,
        request: HttpRequest,
        template: str,
        title: str,
        form: forms.Form,
        context: dict[str, Any],
    ) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "title": title,
            "opts": self.opts,
            "media": self.media + form.media,
            "form": form,
            "printed_at": format_datetime(clock.now()),
            # The paper has no place for it, and the page needs the width.
            "is_nav_sidebar_enabled": False,
            **context,
        }
        return TemplateResponse(request, template, context)


def _phone_number_of(patient: Patient) -> str:
    """Return the patient's number, or else that of the emergency contact, marked as such."""
    if number := format_phone_number(patient.phone_number):
        return number
    number = format_phone_number(patient.emergency_contact_phone)
    return gettext("{number} (emergency contact)").format(number=number) if number else ""


def _by_doctor(lines: Iterable[Line]) -> list[Section]:
    groups = groupby(lines, key=lambda line: line.appointment.doctor)
    return [Section(str(doctor.user), list(of_doctor)) for doctor, of_doctor in groups]


def _days_of_week(date: dt.date) -> list[dt.date]:
    """Return the days from Monday to Sunday; the last ones can be beyond the calendar's end."""
    monday = date.toordinal() - date.weekday()
    last = dt.date.max.toordinal()
    ordinals = range(max(monday, 1), min(monday + DAYS_OF_WEEK, last + 1))
    return [dt.date.fromordinal(ordinal) for ordinal in ordinals]


def _by_day(lines: Sequence[Line], days: Iterable[dt.date]) -> list[Section]:
    """Return a section for each day; for Saturday and Sunday only if there is an appointment."""
    sections = []
    for day in days:
        of_day = [line for line in lines if line.appointment.date == day]
        if of_day or day.weekday() < WEEKEND:
            sections.append(Section(format_day(day), of_day))
    return sections
