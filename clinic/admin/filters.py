"""List filters shared by admin pages."""

import re
from collections.abc import Iterator, Sequence
from typing import Any

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from typing_extensions import override

from clinic import clock
from clinic.models import OPEN_STATUSES, Appointment, AppointmentType, Doctor
from users.folding import equality_key

PRIMARY_KEY = re.compile(r"[0-9]{1,18}")


class WhenFilter(admin.SimpleListFilter):
    """Past and upcoming appointments, by the current date in the clinic's time zone."""

    title = _("when")
    parameter_name = "when"

    @override
    def lookups(self, request: HttpRequest, model_admin: object) -> Sequence[tuple[str, Any]]:
        return (
            ("today", _("Today")),
            ("coming", _("Today and later")),
            ("past", _("Before today")),
            ("unfinished", _("Past, but still pending or confirmed")),
        )

    @override
    def queryset(
        self, request: HttpRequest, queryset: QuerySet[Appointment]
    ) -> QuerySet[Appointment]:
        today = clock.today()
        match self.value():
            case "today":
                return queryset.filter(date=today)
            case "coming":
                return queryset.filter(date__gte=today)
            case "past":
                return queryset.filter(date__lt=today)
            case "unfinished":
                return queryset.filter(date__lt=today, status__in=OPEN_STATUSES)
        return queryset


class SpecialtyFilter(admin.SimpleListFilter):
    """The doctors of a specialty, however it is spelt."""

    title = _("specialty")
    parameter_name = "specialty"
    key_path = "specialty_key"

    @override
    def lookups(self, request: HttpRequest, model_admin: object) -> Sequence[tuple[str, Any]]:
        return [(specialty, specialty) for specialty in Doctor.objects.all().specialties()]

    @override
    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if specialty := self.value():
            return queryset.filter(**{self.key_path: equality_key(specialty)})
        return queryset


class DoctorSpecialtyFilter(SpecialtyFilter):
    """The appointments with doctors of a specialty."""

    parameter_name = "doctor__specialty"
    key_path = "doctor__specialty_key"


class SelectFilter(admin.SimpleListFilter):
    """A filter whose options are in a select element, which also fits hundreds of them."""

    template = "admin/clinic/select_filter.html"
    # The field of the filtered model whose primary key is chosen.
    field: str

    @override
    def choices(self, changelist: ChangeList) -> Iterator[Any]:
        """Yield the options; the other filters of the list are kept in hidden fields."""
        self.other_parameters = [
            (name, value)
            for name, values in changelist.get_filters_params().items()
            for value in (values if isinstance(values, list) else [values])
            if name != self.parameter_name
        ]
        chosen = self.value()
        yield {"value": "", "display": _("All"), "selected": not chosen}
        for value, name in self.lookup_choices:
            yield {"value": value, "display": name, "selected": str(value) == chosen}

    @override
    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        value = self.value()
        if not value:
            return queryset
        # A value that is not offered finds nothing.
        offered = {str(pk) for pk, _name in self.lookup_choices}
        return queryset.filter(**{self.field: value}) if value in offered else queryset.none()


class DoctorFilter(SelectFilter):
    """The appointments with one doctor."""

    title = _("doctor")
    parameter_name = field = "doctor"

    @override
    def lookups(self, request: HttpRequest, model_admin: object) -> Sequence[tuple[str, Any]]:
        doctors = Doctor.objects.select_related("user").by_name()
        return [(str(doctor.pk), str(doctor.user)) for doctor in doctors]


class AppointmentTypeFilter(SelectFilter):
    """The appointments of one type."""

    title = _("type")
    parameter_name = "type"
    field = "appointment_type"

    @override
    def lookups(self, request: HttpRequest, model_admin: object) -> Sequence[tuple[str, Any]]:
        return [(str(row.pk), row.name) for row in AppointmentType.objects.all()]


class PatientFilter(admin.SimpleListFilter):
    """The appointments of one patient, to which the page of the patient links.

    Shown only while it is used: a choice of all patients would name them.
    """

    title = _("patient")
    parameter_name = "patient"

    @override
    def lookups(self, request: HttpRequest, model_admin: object) -> Sequence[tuple[str, Any]]:
        value = request.GET.get(self.parameter_name, "")
        return [(value, _("The chosen patient"))] if PRIMARY_KEY.fullmatch(value) else []

    @override
    def queryset(
        self, request: HttpRequest, queryset: QuerySet[Appointment]
    ) -> QuerySet[Appointment]:
        value = self.value() or ""
        return queryset.filter(patient=int(value)) if PRIMARY_KEY.fullmatch(value) else queryset
