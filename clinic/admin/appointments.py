"""Admin of appointments: book, reschedule, confirm, complete, cancel; read-only history."""

import datetime as dt
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ActionForm
from django.contrib.admin.widgets import AdminTimeWidget
from django.db import models
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from typing_extensions import override

from clinic import clock
from clinic.admin.appointment_forms import AppointmentForm, BookingForm, change_status
from clinic.admin.base.audit import AuditedAdmin
from clinic.admin.base.formats import format_datetime, format_slot
from clinic.admin.base.generics import TabularInline
from clinic.admin.base.services import (
    SERVICE_ERRORS,
    ServiceAdmin,
    as_form_error,
    busy_patient_id_of,
    request_user,
)
from clinic.admin.filters import DoctorSpecialtyFilter, WhenFilter
from clinic.booking.access import lock_appointment
from clinic.models import OPEN_STATUSES, Appointment, AppointmentChange, Patient, Status

PEOPLE = ("doctor", "patient")
BOOKING_FIELDSETS = [
    (None, {"fields": (*PEOPLE, ("date", "time"), "duration_minutes", "reason_for_visit")})
]
FIXED_FIELDS = (*PEOPLE, "reason_for_visit", "duration", "booked_by")
OUTCOME_FIELDS = ("when", "status", "cancellation_reason")
OPEN_FIELDSETS = [
    (None, {"fields": FIXED_FIELDS}),
    (_("Reschedule"), {"fields": (("date", "time"), "seen")}),
    (_("Confirm, complete or cancel"), {"fields": ("status", "cancellation_reason")}),
]
CLOSED_FIELDSETS = [(None, {"fields": (*FIXED_FIELDS, *OUTCOME_FIELDS)})]
# Each appointment is changed in its own transaction, during one request. More of them would
# take too long and delay other bookings.
MAX_APPOINTMENTS_PER_ACTION = 200
CANCELLATION_REASON = _("Cancellation reason")


class HistoryInline(TabularInline[AppointmentChange, Appointment]):
    """The history that the booking services write. Read-only."""

    model = AppointmentChange
    fields = readonly_fields = ("changed", "status", "start", "changed_by")
    verbose_name_plural = _("history")
    can_delete = False

    @admin.display(description=_("changed at"))
    def changed(self, change: AppointmentChange) -> str:
        return format_datetime(change.changed_at.astimezone(clock.zone()))

    @admin.display(description=_("start of the appointment"))
    def start(self, change: AppointmentChange) -> str:
        return format_datetime(dt.datetime.combine(change.date, change.time))

    @override
    def get_queryset(self, request: HttpRequest) -> QuerySet[AppointmentChange]:
        return super().get_queryset(request).select_related("changed_by")

    @override
    def has_add_permission(self, request: HttpRequest, obj: Appointment | None = None) -> bool:
        return False

    @override
    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class AppointmentActionForm(ActionForm):
    """Adds a field for the cancellation reason next to the action."""

    reason = forms.CharField(
        required=False,
        label="",
        widget=forms.TextInput(
            attrs={"placeholder": CANCELLATION_REASON, "aria-label": CANCELLATION_REASON}
        ),
    )


@admin.register(Appointment)
class AppointmentAdmin(AuditedAdmin[Appointment], ServiceAdmin[Appointment]):
    """Appointments. Every change is made by a booking service, acting as staff."""

    list_display = ("when", "status", "doctor", "patient", "reason_for_visit")
    list_display_links = ("when",)
    list_filter = (WhenFilter, "status", DoctorSpecialtyFilter)
    list_select_related = ("doctor__user", "patient__user")
    show_full_result_count = False
    date_hierarchy = "date"
    ordering = ("-date", "-time")
    search_fields = tuple(
        f"{person}__user__{name}"
        for person in PEOPLE
        for name in ("first_name_folded", "last_name_folded", "email")
    )
    search_help_text = _("Name or email address of the doctor or the patient")
    autocomplete_fields = PEOPLE
    action_form = AppointmentActionForm
    actions = ("confirm", "complete", "cancel")
    formfield_overrides = {models.TimeField: {"widget": AdminTimeWidget(format="%H:%M")}}

    @admin.display(description=_("when"), ordering="date")
    def when(self, appointment: Appointment) -> SafeString:
        text = gettext("{start}, {minutes} min").format(
            start=format_slot(appointment.slot), minutes=appointment.duration_minutes
        )
        return format_html('<span class="nowrap">{}</span>', text)

    @admin.display(description=_("duration"))
    def duration(self, appointment: Appointment) -> str:
        minutes = appointment.duration_minutes
        return ngettext("{minutes} minute", "{minutes} minutes", minutes).format(minutes=minutes)

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
    def has_change_permission(self, request: HttpRequest, obj: Appointment | None = None) -> bool:
        """Closed appointments are read-only."""
        # A form submitted for an appointment that has just been closed must be validated, so
        # that it is displayed with an error message instead of status 403.
        is_closed = obj is not None and obj.status not in OPEN_STATUSES and request.method != "POST"
        return not is_closed and super().has_change_permission(request, obj)

    @override
    def get_fieldsets(self, request: HttpRequest, obj: Appointment | None = None) -> Any:
        if obj is None:
            return BOOKING_FIELDSETS
        return OPEN_FIELDSETS if self.has_change_permission(request, obj) else CLOSED_FIELDSETS

    @override
    def get_readonly_fields(self, request: HttpRequest, obj: Appointment | None = None) -> Any:
        return (*FIXED_FIELDS, "when") if obj else ()

    @override
    def get_form(
        self,
        request: HttpRequest,
        obj: Appointment | None = None,
        change: bool = False,
        **kwargs: Any,
    ) -> Any:
        form = BookingForm if obj is None else AppointmentForm
        return super().get_form(request, obj, change, form=form, **kwargs)

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

    @override
    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Appointments are cancelled instead, because they are part of the patient's record."""
        return False

    @admin.action(description=_("Confirm"), permissions=["change"])
    def confirm(self, request: HttpRequest, appointments: QuerySet[Appointment]) -> None:
        self._change_all(request, appointments, Status.CONFIRMED)

    @admin.action(description=_("Complete"), permissions=["change"])
    def complete(self, request: HttpRequest, appointments: QuerySet[Appointment]) -> None:
        self._change_all(request, appointments, Status.COMPLETED)

    @admin.action(description=_("Cancel"), permissions=["change"])
    def cancel(self, request: HttpRequest, appointments: QuerySet[Appointment]) -> None:
        self._change_all(request, appointments, Status.CANCELLED)

    def _change_all(
        self, request: HttpRequest, appointments: QuerySet[Appointment], status: Status
    ) -> None:
        """Change each appointment in its own transaction; report those that failed and why."""
        if appointments.count() > MAX_APPOINTMENTS_PER_ACTION:
            message = gettext("Select at most {limit} appointments.")
            self.message_user(
                request, message.format(limit=MAX_APPOINTMENTS_PER_ACTION), messages.ERROR
            )
            return
        actor, now, reason = request_user(request), clock.now(), request.POST.get("reason", "")
        changed, failed = 0, []
        for appointment in appointments:
            try:
                change_status(appointment.pk, status, actor, now, reason=reason)
            except SERVICE_ERRORS as error:
                problem = " ".join(as_form_error(error).messages)
                self.message_user(request, f"{appointment}: {problem}", messages.ERROR)
                failed.append(appointment)
            else:
                self.log_change(request, appointment, [{"changed": {"fields": ["status"]}}])
                changed += 1
        self.record_named(request, failed)
        if changed:
            message = ngettext(
                "{count} appointment {status}.", "{count} appointments {status}.", changed
            )
            self.message_user(
                request,
                message.format(count=changed, status=status.label.lower()),
                messages.SUCCESS,
            )
