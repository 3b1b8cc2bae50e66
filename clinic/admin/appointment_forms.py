"""The forms that change an appointment.

The booking services validate the values. No form runs the validation of the model, which would
report errors for fields that the form does not have.
"""

import datetime as dt
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from typing_extensions import override

from clinic.admin.appointment_fields import DurationField, limit_types
from clinic.admin.base.services import ServiceForm
from clinic.admin.outside_form import OutsideForm
from clinic.admin.status_services import change_status
from clinic.booking import amendments, status_changes
from clinic.booking import services as booking
from clinic.booking.requests import Amendment
from clinic.errors import MESSAGES, BookingErrorCode
from clinic.models import Appointment, Status
from clinic.rules import ActingRole, next_statuses
from users.models import User

CONCURRENT_CHANGE = _(
    "Someone else changed this appointment in the meantime. Reload the page and try again."
)
REASON_WITHOUT_CANCELLATION = _(
    "To cancel the appointment with this reason, also set the status to “Cancelled”."
)
REASON_MISSING = _("Nothing was changed. To reopen the appointment, enter the reason.")


class SeenForm(ServiceForm[Appointment]):
    """A form that rejects its data if the appointment changed after the page was opened."""

    # What the page showed when it was opened; differs after a concurrent change.
    seen = forms.CharField(widget=forms.HiddenInput, required=False)

    @override
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        appointment = self.instance
        self.initial["seen"] = (
            f"{appointment.date} {appointment.time} {appointment.status} {appointment.doctor_id} "
            f"{appointment.duration_minutes} {appointment.arrived_at}"
        )

    @override
    def clean(self) -> dict[str, Any]:
        if "seen" in self.changed_data:
            raise ValidationError(CONCURRENT_CHANGE)
        return self.cleaned_data


class AppointmentForm(SeenForm, OutsideForm):
    """Moves, amends or reassigns an open appointment, and changes its status."""

    duration_minutes = DurationField()
    has_arrived = forms.BooleanField(
        label=_("The patient has arrived"),
        required=False,
        help_text=_("Possible on the day of a confirmed appointment."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        appointment = self.instance
        self.initial["has_arrived"] = appointment.arrived_at is not None
        if appointment.arrived_at is not None and "has_arrived" in self.fields:
            self.fields["has_arrived"].disabled = True
        if "appointment_type" in self.fields:
            limit_types(self.fields["appointment_type"], appointment.appointment_type)
        if isinstance(status := self.fields.get("status"), forms.ChoiceField):
            possible = next_statuses(Status(appointment.status), ActingRole.STAFF)
            status.choices = [(choice.value, choice.label) for choice in possible]
            status.error_messages["invalid_choice"] = MESSAGES[BookingErrorCode.INVALID_TRANSITION]

    @override
    def clean(self) -> dict[str, Any]:
        super().clean()
        reason = self.cleaned_data.get("cancellation_reason")
        if reason and self.cleaned_data.get("status") != Status.CANCELLED:
            self.add_error("cancellation_reason", REASON_WITHOUT_CANCELLATION)
        return self.cleaned_data

    def apply(self, actor: User, now: dt.datetime) -> Appointment:
        """Apply the changed fields. Raises the errors of the booking services."""
        changed, data = set(self.changed_data), self.cleaned_data
        common: dict[str, Any] = {"actor": actor, "appointment_id": self.instance.pk, "now": now}
        when: dict[str, Any] = {"date": data.get("date"), "time": data.get("time")}
        if "doctor" in changed:
            amendments.reassign(
                **common, **when, doctor_id=data["doctor"].pk, allow_outside=self.allow_outside
            )
        elif changed & {"date", "time"}:
            booking.reschedule(**common, **when, as_staff=True, allow_outside=self.allow_outside)
        if changed & {"duration_minutes", "appointment_type", "reason_for_visit"}:
            amendments.amend(
                **common,
                amendment=self._amendment(changed),
                as_staff=True,
                allow_outside=self.allow_outside,
            )
        if "has_arrived" in changed and data["has_arrived"]:
            status_changes.record_arrival(**common, as_staff=True)
        if "status" in changed:
            change_status(
                self.instance.pk, data["status"], actor, now, reason=data["cancellation_reason"]
            )
        return self.instance

    def _amendment(self, changed: set[str]) -> Amendment:
        data = self.cleaned_data
        type_ = data.get("appointment_type")
        return Amendment(
            duration_minutes=data["duration_minutes"] if "duration_minutes" in changed else None,
            appointment_type_id=type_.pk if type_ and "appointment_type" in changed else None,
            reason_for_visit=data["reason_for_visit"] if "reason_for_visit" in changed else None,
        )


class ReopenForm(SeenForm, OutsideForm):
    """Reopens a closed appointment, which needs a reason."""

    reopening_reason = forms.CharField(
        label=_("Reason for reopening"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Enter a reason to make the appointment confirmed again."),
    )
    renamed = {**ServiceForm.renamed, "reason": "reopening_reason"}

    @override
    def clean(self) -> dict[str, Any]:
        # Not by required=True: after a concurrent cancellation the page had no such field.
        super().clean()
        if not self.cleaned_data.get("reopening_reason"):
            self.add_error("reopening_reason", REASON_MISSING)
        return self.cleaned_data

    def apply(self, actor: User, now: dt.datetime) -> Appointment:
        """Reopen the appointment. Raises the errors of ``status_changes.reopen``."""
        return status_changes.reopen(
            actor=actor,
            appointment_id=self.instance.pk,
            reason=self.cleaned_data["reopening_reason"],
            now=now,
            as_staff=True,
            allow_outside=self.allow_outside,
        )
