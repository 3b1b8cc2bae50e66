"""Visits at the desk: book, move, confirm, complete, cancel, and what became of each."""

import datetime as dt
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ActionForm
from django.contrib.admin.widgets import AdminTimeWidget
from django.db import models
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from typing_extensions import override

from clinic import clock
from clinic.admin.appointment_forms import AppointmentForm, BookingForm, change_status
from clinic.admin.base.audit import AuditedAdmin
from clinic.admin.base.generics import TabularInline
from clinic.admin.base.services import (
    SERVICE_ERRORS,
    ServiceAdmin,
    as_form_error,
    format_slot,
    request_user,
)
from clinic.admin.filters import WhenFilter
from clinic.booking.access import lock_appointment
from clinic.models import OPEN_STATUSES, Appointment, AppointmentChange, Status

PEOPLE = ("doctor", "patient")
BOOKING = [(None, {"fields": (*PEOPLE, ("date", "time"), "duration_minutes", "reason_for_visit")})]
AGREED = (*PEOPLE, "reason_for_visit", "length", "booked_by")
OUTCOME = ("when", "status", "cancellation_reason")
OPEN_FIELDSETS = [
    (None, {"fields": AGREED}),
    ("Move", {"fields": (("date", "time"), "seen")}),
    ("Confirm, complete or cancel", {"fields": ("status", "cancellation_reason")}),
]
CLOSED_FIELDSETS = [(None, {"fields": (*AGREED, *OUTCOME)})]
# More at once would keep the clerk, and everybody who books, waiting.
MOST_AT_ONCE = 200


class HistoryInline(TabularInline[AppointmentChange, Appointment]):
    """Written by the verbs, and never edited: it says who did what."""

    model = AppointmentChange
    fields = readonly_fields = ("changed", "status", "stood", "changed_by")
    verbose_name_plural = "history"
    can_delete = False

    @admin.display(description="changed at")
    def changed(self, change: AppointmentChange) -> str:
        return f"{change.changed_at.astimezone(clock.zone()):%a %Y-%m-%d %H:%M}"

    @admin.display(description="the visit then stood at")
    def stood(self, change: AppointmentChange) -> str:
        return f"{dt.datetime.combine(change.date, change.time):%a %Y-%m-%d %H:%M}"

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
    reason = forms.CharField(
        required=False,
        label="",
        widget=forms.TextInput(
            attrs={"placeholder": "Reason, if you cancel", "aria-label": "Reason, if you cancel"}
        ),
    )


@admin.register(Appointment)
class AppointmentAdmin(AuditedAdmin[Appointment], ServiceAdmin[Appointment]):
    list_display = ("when", "status", "doctor", "patient", "reason_for_visit")
    list_display_links = ("when",)
    list_filter = (WhenFilter, "status", "doctor__specialty")
    list_select_related = ("doctor__user", "patient__user")
    list_per_page = 50
    show_full_result_count = False
    date_hierarchy = "date"
    ordering = ("-date", "-time")
    search_fields = tuple(
        f"{person}__user__{name}"
        for person in PEOPLE
        for name in ("first_name", "last_name", "email")
    )
    search_help_text = "Name or e-mail address of the doctor or the patient"
    autocomplete_fields = PEOPLE
    action_form = AppointmentActionForm
    actions = ("confirm", "complete", "cancel")
    formfield_overrides = {models.TimeField: {"widget": AdminTimeWidget(format="%H:%M")}}

    @admin.display(description="when", ordering="date")
    def when(self, visit: Appointment) -> SafeString:
        text = f"{format_slot(visit.slot)}, {visit.duration_minutes} min"
        return format_html('<span class="nowrap">{}</span>', text)

    @admin.display(description="length")
    def length(self, visit: Appointment) -> str:
        return f"{visit.duration_minutes} minutes"

    @override
    def get_object(
        self, request: HttpRequest, object_id: str, from_field: str | None = None
    ) -> Appointment | None:
        visit = super().get_object(request, object_id, from_field)
        if visit is None or request.method != "POST":
            return visit
        # The form is compared with how the visit stands, which must stay so until it is saved.
        lock_appointment(visit.pk)
        return super().get_object(request, object_id, from_field)

    @override
    def has_change_permission(self, request: HttpRequest, obj: Appointment | None = None) -> bool:
        """A closed visit is there to be looked at."""
        # A form sent for one that was closed meanwhile is read, to be told so.
        is_closed = obj is not None and obj.status not in OPEN_STATUSES and request.method != "POST"
        return not is_closed and super().has_change_permission(request, obj)

    @override
    def get_fieldsets(self, request: HttpRequest, obj: Appointment | None = None) -> Any:
        if obj is None:
            return BOOKING
        return OPEN_FIELDSETS if self.has_change_permission(request, obj) else CLOSED_FIELDSETS

    @override
    def get_readonly_fields(self, request: HttpRequest, obj: Appointment | None = None) -> Any:
        return (*AGREED, "when") if obj else ()

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
    def save_model(self, request: HttpRequest, obj: Appointment, form: Any, change: bool) -> None:
        booked = form.carry_out(request_user(request), clock.now())
        # What the verb wrote, for the log and the message that follow.
        obj.pk = booked.pk
        obj.refresh_from_db()

    @override
    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody deletes a visit: it is cancelled, and stays in both people's records."""
        return False

    @admin.action(description="Confirm", permissions=["change"])
    def confirm(self, request: HttpRequest, visits: QuerySet[Appointment]) -> None:
        self._change_all(request, visits, Status.CONFIRMED)

    @admin.action(description="Complete", permissions=["change"])
    def complete(self, request: HttpRequest, visits: QuerySet[Appointment]) -> None:
        self._change_all(request, visits, Status.COMPLETED)

    @admin.action(description="Cancel", permissions=["change"])
    def cancel(self, request: HttpRequest, visits: QuerySet[Appointment]) -> None:
        self._change_all(request, visits, Status.CANCELLED)

    def _change_all(
        self, request: HttpRequest, visits: QuerySet[Appointment], status: Status
    ) -> None:
        """Do it to each by itself, and say to which it could not be done, and why."""
        if visits.count() > MOST_AT_ONCE:
            self.message_user(request, f"Choose {MOST_AT_ONCE} visits at the most.", messages.ERROR)
            return
        actor, now, reason = request_user(request), clock.now(), request.POST.get("reason", "")
        done, refused = 0, []
        for visit in visits:
            try:
                change_status(visit.pk, status, actor, now, reason=reason)
            except SERVICE_ERRORS as refusal:
                why = " ".join(as_form_error(refusal).messages)
                self.message_user(request, f"{visit}: {why}", messages.ERROR)
                refused.append(visit)
            else:
                self.log_change(request, visit, [{"changed": {"fields": ["status"]}}])
                done += 1
        self.record_named(request, refused)
        if done:
            visits_ = "visit" if done == 1 else "visits"
            self.message_user(
                request, f"{done} {visits_} {status.label.lower()}.", messages.SUCCESS
            )
