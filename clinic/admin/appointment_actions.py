"""Actions on selected appointments. Each one is changed in its own transaction."""

import datetime as dt
from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db.models import QuerySet
from django.http import HttpRequest
from django.template.response import TemplateResponse
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from clinic import clock
from clinic.admin.base.audit import AuditedAdmin
from clinic.admin.base.formats import format_day
from clinic.admin.base.services import SERVICE_ERRORS, as_form_error, request_user
from clinic.admin.status_services import change_status
from clinic.booking import status_changes
from clinic.models import Appointment, Status
from clinic.models.appointment import MAX_TEXT_LENGTH
from users.models import User

# They are changed during one request. More of them would take too long and delay other bookings.
MAX_APPOINTMENTS_PER_ACTION = 200
# Changes one appointment: its primary key, the acting user and the current time.
Change = Callable[[int, User, dt.datetime], Appointment]


class CancelForm(forms.Form):
    """Which of the selected appointments to cancel, and why."""

    day = forms.ChoiceField(label=_("Only on"), required=False)
    doctor = forms.ChoiceField(label=_("Only with"), required=False)
    reason = forms.CharField(
        label=_("Cancellation reason"),
        required=False,
        max_length=MAX_TEXT_LENGTH,
        widget=forms.Textarea(attrs={"rows": 3, "cols": 60}),
        help_text=_("The patients and the doctors can read it."),
    )

    def __init__(self, appointments: list[Appointment], data: Any = None) -> None:
        super().__init__(data)
        self._appointments = appointments
        days = sorted({appointment.date for appointment in appointments})
        doctors = {row.doctor_id: str(row.doctor.user) for row in appointments}
        self._offer("day", _("All days"), [(f"{day}", format_day(day)) for day in days])
        self._offer(
            "doctor",
            _("All doctors"),
            [(f"{pk}", name) for pk, name in sorted(doctors.items(), key=lambda item: item[1])],
        )

    def _offer(self, name: str, all_of_them: object, choices: list[tuple[str, str]]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - for the type checker
        field.choices = [("", all_of_them), *choices]

    def chosen(self) -> list[Appointment]:
        """Return the appointments of the chosen day and doctor."""
        day, doctor = self.cleaned_data["day"], self.cleaned_data["doctor"]
        return [
            appointment
            for appointment in self._appointments
            if day in ("", f"{appointment.date}") and doctor in ("", f"{appointment.doctor_id}")
        ]


class AppointmentActionsMixin(AuditedAdmin[Appointment]):
    """Confirm, record an arrival or a no-show, complete or cancel selected appointments."""

    actions = ("confirm", "record_arrival", "complete", "record_no_show", "cancel")

    @admin.action(description=_("Confirm"), permissions=["change"])
    def confirm(self, request: HttpRequest, appointments: QuerySet[Appointment]) -> None:
        self._set_status(request, appointments, Status.CONFIRMED)

    @admin.action(description=_("Complete"), permissions=["change"])
    def complete(self, request: HttpRequest, appointments: QuerySet[Appointment]) -> None:
        self._set_status(request, appointments, Status.COMPLETED)

    @admin.action(description=_("Record a no-show"), permissions=["change"])
    def record_no_show(self, request: HttpRequest, appointments: QuerySet[Appointment]) -> None:
        self._set_status(request, appointments, Status.NO_SHOW)

    @admin.action(description=_("Record an arrival"), permissions=["change"])
    def record_arrival(self, request: HttpRequest, appointments: QuerySet[Appointment]) -> None:
        def change(pk: int, actor: User, now: dt.datetime) -> Appointment:
            return status_changes.record_arrival(
                actor=actor, appointment_id=pk, now=now, as_staff=True
            )

        if self._are_few(request, appointments):
            self._change_all(request, appointments, change, "arrived_at", _("arrived"))

    @admin.action(description=_("Cancel …"), permissions=["change"])
    def cancel(
        self, request: HttpRequest, appointments: QuerySet[Appointment]
    ) -> TemplateResponse | None:
        """Ask which of the appointments to cancel and why, then cancel these."""
        if not self._are_few(request, appointments):
            return None
        selected = list(appointments.with_people().order_by("date", "time", "pk"))  # type: ignore[attr-defined]  # the manager's queryset
        form = CancelForm(selected, request.POST if "confirmed" in request.POST else None)
        if form.is_valid():
            reason = form.cleaned_data["reason"]

            def change(pk: int, actor: User, now: dt.datetime) -> Appointment:
                return change_status(pk, Status.CANCELLED, actor, now, reason=reason)

            self._change_all(
                request, form.chosen(), change, "status", Status.CANCELLED.label.lower()
            )
            return None
        self.record_named(request, selected)
        context = {
            **self.admin_site.each_context(request),
            "title": gettext("Cancel appointments"),
            "opts": self.opts,
            "media": self.media,
            "form": form,
            "appointments": selected,
            "action_checkbox_name": ACTION_CHECKBOX_NAME,
        }
        return TemplateResponse(request, "admin/clinic/appointment/cancel.html", context)

    def _set_status(
        self, request: HttpRequest, appointments: QuerySet[Appointment], status: Status
    ) -> None:
        def change(pk: int, actor: User, now: dt.datetime) -> Appointment:
            return change_status(pk, status, actor, now)

        if self._are_few(request, appointments):
            self._change_all(request, appointments, change, "status", status.label.lower())

    def _are_few(self, request: HttpRequest, appointments: QuerySet[Appointment]) -> bool:
        """Return whether the action can change all of them; say so if it cannot."""
        if appointments.count() <= MAX_APPOINTMENTS_PER_ACTION:
            return True
        message = gettext("Select at most {limit} appointments.")
        self.message_user(
            request, message.format(limit=MAX_APPOINTMENTS_PER_ACTION), messages.ERROR
        )
        return False

    def _change_all(
        self,
        request: HttpRequest,
        appointments: QuerySet[Appointment] | list[Appointment],
        change: Change,
        field: str,
        result: object,
    ) -> None:
        """Change each appointment in its own transaction; report those that failed and why."""
        actor, now = request_user(request), clock.now()
        changed, failed = 0, []
        for appointment in appointments:
            try:
                change(appointment.pk, actor, now)
            except SERVICE_ERRORS as error:
                problem = " ".join(as_form_error(error).messages)
                self.message_user(request, f"{appointment}: {problem}", messages.ERROR)
                failed.append(appointment)
            else:
                self.log_change(request, appointment, [{"changed": {"fields": [field]}}])
                changed += 1
        self.record_named(request, failed)
        if changed:
            message = ngettext(
                "{count} appointment {status}.", "{count} appointments {status}.", changed
            )
            self.message_user(
                request, message.format(count=changed, status=result), messages.SUCCESS
            )
