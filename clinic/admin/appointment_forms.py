"""The forms that book and change an appointment.

The booking services validate the values. Neither form runs the validation of the model, which
would report errors for fields that the form does not have.
"""

import datetime as dt
from typing import Any

from django import forms
from django.contrib.admin.widgets import RelatedFieldWidgetWrapper
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from typing_extensions import override

from clinic.admin.base.services import ServiceForm
from clinic.booking import services as booking
from clinic.booking.requests import BookingRequest
from clinic.errors import MESSAGES, BookingErrorCode
from clinic.models import Appointment, Status
from clinic.rules import MAX_DURATION_MINUTES, ActingRole, next_statuses
from clinic.slots import GRID_MINUTES
from users.models import User

CONCURRENT_CHANGE = _(
    "Someone else changed this appointment in the meantime. Reload the page and try again."
)
REASON_WITHOUT_CANCELLATION = _(
    "To cancel the appointment with this reason, also set the status to “Cancelled”."
)


class BookingForm(ServiceForm[Appointment]):
    """Books an appointment as staff."""

    duration_minutes = forms.IntegerField(
        label=_("Duration in minutes"),
        required=False,
        min_value=GRID_MINUTES,
        max_value=MAX_DURATION_MINUTES,
        help_text=_("If empty, the slot length of the doctor is used."),
    )

    @override
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("doctor", "patient"):
            widget = self.fields[name].widget
            if isinstance(widget, RelatedFieldWidgetWrapper):
                # No links to change or delete the doctor or patient from this form.
                widget.can_change_related = widget.can_delete_related = False

    def _post_clean(self) -> None:
        self.add_save_error()

    def apply(self, actor: User, now: dt.datetime) -> Appointment:
        """Book the appointment. Raises the errors of ``booking.book``."""
        data = self.cleaned_data
        request = BookingRequest(
            date=data["date"],
            time=data["time"],
            doctor_id=data["doctor"].pk,
            patient_id=data["patient"].pk,
            duration_minutes=data["duration_minutes"],
            reason_for_visit=data["reason_for_visit"],
        )
        return booking.book(actor=actor, request=request, now=now, as_staff=True)


class AppointmentForm(ServiceForm[Appointment]):
    """Reschedules an appointment, changes its status, or both."""

    # Date, time and status when the page was opened; differs after a concurrent change.
    seen = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        appointment = self.instance
        self.initial["seen"] = f"{appointment.date} {appointment.time} {appointment.status}"
        if isinstance(status := self.fields.get("status"), forms.ChoiceField):
            possible = next_statuses(Status(appointment.status), ActingRole.STAFF)
            status.choices = [(choice.value, choice.label) for choice in possible]
            status.error_messages["invalid_choice"] = MESSAGES[BookingErrorCode.INVALID_TRANSITION]

    @override
    def clean(self) -> dict[str, Any]:
        """Reject the form if the appointment changed after the page was opened."""
        if "seen" in self.changed_data:
            raise ValidationError(CONCURRENT_CHANGE)
        reason = self.cleaned_data.get("cancellation_reason")
        if reason and self.cleaned_data.get("status") != Status.CANCELLED:
            self.add_error("cancellation_reason", REASON_WITHOUT_CANCELLATION)
        return self.cleaned_data

    @override
    def _post_clean(self) -> None:
        self.add_save_error()

    def apply(self, actor: User, now: dt.datetime) -> Appointment:
        """Apply the changed fields. Raises the errors of the booking services."""
        data = self.cleaned_data
        if not {"date", "time"}.isdisjoint(self.changed_data):
            booking.reschedule(
                actor=actor,
                appointment_id=self.instance.pk,
                date=data["date"],
                time=data["time"],
                now=now,
                as_staff=True,
            )
        if "status" in self.changed_data:
            change_status(
                self.instance.pk, data["status"], actor, now, reason=data["cancellation_reason"]
            )
        return self.instance


def change_status(
    appointment_id: int, status: str, actor: User, now: dt.datetime, *, reason: str = ""
) -> Appointment:
    """Confirm, complete or cancel as staff; ``reason`` is the cancellation reason."""
    if status == Status.CANCELLED:
        return booking.cancel(
            actor=actor, appointment_id=appointment_id, reason=reason, now=now, as_staff=True
        )
    service = booking.confirm if status == Status.CONFIRMED else booking.complete
    return service(actor=actor, appointment_id=appointment_id, now=now, as_staff=True)
