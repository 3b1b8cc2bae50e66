"""Admin of appointments: book, move, amend, change the status; read-only history."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from typing_extensions import override

from clinic import clock
from clinic.admin.appointment_actions import AppointmentActionsMixin
from clinic.admin.appointment_forms import AppointmentForm, ReopenForm
from clinic.admin.attention import AttentionMixin
from clinic.admin.base.csv_export import CsvColumn, CsvMixin
from clinic.admin.base.formats import format_datetime, format_minutes, format_slot
from clinic.admin.base.generics import TabularInline
from clinic.admin.base.services import (
    ServiceAdmin,
    busy_patient_id_of,
    request_user,
)
from clinic.admin.calendar.views import CalendarMixin
from clinic.admin.csv_columns import appointment_columns
from clinic.admin.day_lists import DayListMixin
from clinic.admin.doctors_day import DoctorsDayMixin
from clinic.admin.filters import (
    AppointmentTypeFilter,
    DoctorFilter,
    DoctorSpecialtyFilter,
    PatientFilter,
    WhenFilter,
)
from clinic.admin.new_patient import BookingMixin
from clinic.admin.outside_form import CONSENT_FIELDS
from clinic.admin.printing import PrintMixin
from clinic.booking.access import lock_appointment
from clinic.models import OPEN_STATUSES, Appointment, AppointmentChange, Patient
from clinic.notifications.recipients import recipients_of_reminder

PEOPLE = ("doctor", "patient")
FIXED_FIELDS = ("patient", "emails_to", "booked_by", "changeable_until", "buffers")
OPEN_FIELDSETS = [
    (None, {"fields": FIXED_FIELDS}),
    (
        _("Reschedule, or give to another doctor"),
        {"fields": (("date", "time"), "doctor", CONSENT_FIELDS, "seen")},
    ),
    (_("Amend"), {"fields": ("appointment_type", "duration_minutes", "reason_for_visit")}),
    (
        _("Arrival, confirmation, completion, no-show or cancellation"),
        {"fields": ("has_arrived", "status", "cancellation_reason")},
    ),
]
CLOSED_FIELDS = (
    *("doctor", *FIXED_FIELDS, "when", "appointment_type", "reason_for_visit"),
    *("status", "arrived_at", "cancellation_reason"),
)
REOPENING = (_("Reopen"), {"fields": ("reopening_reason", CONSENT_FIELDS, "seen")})


class HistoryInline(TabularInline[AppointmentChange, Appointment]):
    """The history that the booking services write. Read-only."""

    model = AppointmentChange
    fields = readonly_fields = (
        *("changed", "status", "start", "duration", "appointment_type", "doctor", "outside"),
        *("reason", "changed_by", "on_behalf_of"),
    )
    verbose_name_plural = _("history")
    can_delete = False

    @admin.display(description=_("changed at"))
    def changed(self, change: AppointmentChange) -> str:
        return format_datetime(change.changed_at.astimezone(clock.zone()))

    @admin.display(description=_("start of the appointment"))
    def start(self, change: AppointmentChange) -> str:
        return format_datetime(dt.datetime.combine(change.date, change.time))

    @admin.display(description=_("duration"))
    def duration(self, change: AppointmentChange) -> str:
        return format_minutes(change.duration_minutes) if change.duration_minutes else "-"

    @admin.display(description=_("outside the working time"))
    def outside(self, change: AppointmentChange) -> str:
        return gettext("yes") if change.outside_availability else ""

    @override
    def get_queryset(self, request: HttpRequest) -> QuerySet[AppointmentChange]:
        changes = super().get_queryset(request)
        return changes.select_related(
            "changed_by", "on_behalf_of", "doctor__user", "appointment_type"
        )

    @override
    def has_add_permission(self, request: HttpRequest, obj: Appointment | None = None) -> bool:
        return False

    @override
    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Appointment)
class AppointmentAdmin(
    DayListMixin,
    AttentionMixin,
    AppointmentActionsMixin,
    CalendarMixin,
    DoctorsDayMixin,
    BookingMixin,
    PrintMixin,
    CsvMixin[Appointment],
    ServiceAdmin[Appointment],
):
    """Appointments. Every change is made by a booking service, acting as staff."""

    list_display = (
        *("when", "status", "arrival", "doctor", "patient", "appointment_type"),
        "reason_for_visit",
    )
    list_display_links = ("when",)
    list_filter = (
        WhenFilter,
        "status",
        DoctorFilter,
        DoctorSpecialtyFilter,
        AppointmentTypeFilter,
        PatientFilter,
    )
    list_select_related = ("doctor__user", "patient__user", "appointment_type")
    show_full_result_count = False
    date_hierarchy = "date"
    # The latest day first, and within a day by time, as the people come.
    ordering = ("-date", "time", "pk")
    search_fields = tuple(
        f"{person}__user__{name}"
        for person in PEOPLE
        for name in ("first_name_folded", "last_name_folded", "email")
    )
    search_help_text = _("Name or email address of the doctor or the patient")
    autocomplete_fields = PEOPLE

    class Media:
        css = {"all": ("clinic/admin/appointments.css",)}

    @admin.display(description=_("when"), ordering="date")
    def when(self, appointment: Appointment) -> SafeString:
        # On up to two lines: the other columns need the space.
        return format_html(
            '<span class="nowrap">{},</span> <span class="nowrap">{}</span>',
            format_slot(appointment.slot),
            gettext("{minutes} min").format(minutes=appointment.duration_minutes),
        )

    @admin.display(description=_("arrived"))
    def arrival(self, appointment: Appointment) -> str:
        at = appointment.arrived_at
        return f"{at.astimezone(clock.zone()):%H:%M}" if at else "-"

    @admin.display(description=_("patients can change it until"))
    def changeable_until(self, appointment: Appointment) -> str:
        return format_datetime(appointment.changeable_until)

    @admin.display(description=_("emails to"))
    def emails_to(self, appointment: Appointment) -> str:
        names = [str(user) for user in recipients_of_reminder(appointment)]
        return ", ".join(names) or gettext("Nobody: not notified, because there is no address")

    @admin.display(description=_("buffers"))
    def buffers(self, appointment: Appointment) -> str:
        text = gettext("{before} before, {after} after")
        return text.format(
            before=format_minutes(appointment.buffer_before_minutes),
            after=format_minutes(appointment.buffer_after_minutes),
        )

    @override
    def csv_columns(self, request: HttpRequest) -> Sequence[CsvColumn]:
        return appointment_columns(request)

    @override
    def get_object(
        self, request: HttpRequest, object_id: str, from_field: str | None = None
    ) -> Appointment | None:
        appointment = super().get_object(request, object_id, from_field)
        if appointment is None or request.method != "POST":
            return appointment
        # The form compares its field "seen" with the appointment. Without the lock the appointment
        # could change between this comparison and the save.
        lock_appointment(appointment.pk)
        return super().get_object(request, object_id, from_field)

    @override
    def get_fieldsets(self, request: HttpRequest, obj: Appointment | None = None) -> Any:
        if obj is None:
            return super().get_fieldsets(request, obj)
        can_change = self.has_change_permission(request, obj)
        if obj.status in OPEN_STATUSES and can_change:
            return OPEN_FIELDSETS
        closed = (None, {"fields": CLOSED_FIELDS})
        return [closed, REOPENING] if can_change else [closed]

    @override
    def get_readonly_fields(self, request: HttpRequest, obj: Appointment | None = None) -> Any:
        if obj is None:
            return ()
        return (*FIXED_FIELDS, "when") if obj.status in OPEN_STATUSES else CLOSED_FIELDS

    @override
    def get_form(
        self,
        request: HttpRequest,
        obj: Appointment | None = None,
        change: bool = False,
        **kwargs: Any,
    ) -> Any:
        if obj is not None:
            kwargs["form"] = AppointmentForm if obj.status in OPEN_STATUSES else ReopenForm
        return super().get_form(request, obj, change, **kwargs)

    @override
    def get_inlines(self, request: HttpRequest, obj: Appointment | None) -> Any:
        return [HistoryInline] if obj else []

    @override
    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        if patient_id := busy_patient_id_of(request):
            # The error shows when the patient has other appointments.
            self.record_shown(request, Patient.objects.filter(pk=patient_id), ("free_times",))
        return super().render_change_form(request, context, *args, **kwargs)

    @override
    def save_model(self, request: HttpRequest, obj: Appointment, form: Any, change: bool) -> None:
        saved = form.apply(request_user(request), clock.now())
        # Django's log entry and success message use obj, which the service has not changed.
        obj.pk = saved.pk
        obj.refresh_from_db()
        if not change:
            self.log_registration(request, obj)

    @override
    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Appointments are cancelled instead, because they are part of the patient's record."""
        return False
