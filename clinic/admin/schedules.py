"""Inlines of the doctor's page: weekly working hours and time off."""

from collections.abc import Iterable
from typing import Any

from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from typing_extensions import override

from clinic import clock
from clinic.admin.base.links import appointment_links
from clinic.admin.base.service_inlines import (
    ReplacingFormSet,
    ServiceFormSet,
    ServiceInline,
    ServiceInlineForm,
)
from clinic.booking import schedules
from clinic.booking.schedules import Interval
from clinic.models import Appointment, TimeOff, WorkingHours

CONCURRENT_CHANGE = _(
    "Someone else changed the working hours in the meantime. Reload the page and try again."
)


class WorkingHoursForm(ServiceInlineForm[WorkingHours]):
    """One interval of the week."""


class WorkingHoursFormSet(ReplacingFormSet[WorkingHours]):
    """The whole week: the service replaces all intervals at once."""

    error_prefix = "hours"
    concurrent_change = CONCURRENT_CHANGE

    @override
    def save(self, commit: bool = True) -> list[WorkingHours]:
        """Replace the week, and set the attributes that Django's change message is made of."""
        week = [_interval_of(form) for form in self.service_forms()]
        if self.has_changed():
            schedules.set_working_hours(self.instance, week)
        self.record_changes([WorkingHours(**interval._asdict()) for interval in week])
        return self.new_objects


def _interval_of(form: Any) -> Interval:
    data = form.cleaned_data
    return Interval(data.get("weekday"), data.get("start_time"), data.get("end_time"))


class WorkingHoursInline(ServiceInline[WorkingHours]):
    model = WorkingHours
    form = WorkingHoursForm
    formset = WorkingHoursFormSet


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

    @override
    def warnings(self) -> list[str]:
        overlapping = conflicts(self.new_objects)
        return [
            ngettext(
                "{count} appointment overlaps the time off {time_off}. Reschedule or cancel it.",
                "{count} appointments overlap the time off {time_off}. "
                "Reschedule or cancel each of them.",
                len(overlapping[time_off.pk]),
            ).format(count=len(overlapping[time_off.pk]), time_off=time_off)
            for time_off in self.new_objects
            if overlapping[time_off.pk]
        ]

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
            raise self.row_error(index, error) from error


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
            upcoming = schedules.upcoming_time_off([time_off.doctor_id], clock.now())
            self._conflicts = conflicts(upcoming)
        overlapping = self._conflicts.get(time_off.pk, [])
        return appointment_links((appointment.pk, appointment.slot) for appointment in overlapping)


def conflicts(time_off: Iterable[TimeOff]) -> dict[int, list[Appointment]]:
    """Return the open appointments that overlap each time off, keyed by its primary key."""
    periods = list(time_off)
    around = schedules.open_appointments_around(periods)
    return schedules.conflicts_of(periods, around[: schedules.MAX_CONFLICTS])
