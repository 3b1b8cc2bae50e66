"""List filters shared by admin pages."""

from collections.abc import Sequence
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from typing_extensions import override

from clinic import clock
from clinic.models import OPEN_STATUSES, Appointment, Doctor
from users.folding import equality_key


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
