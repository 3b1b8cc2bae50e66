"""The two forms of an appointment: to book one, and to change one.

They ask and show; what may be, the verbs judge. So neither runs the model's own
checks, which would speak of fields that a form does not have.
"""

import datetime as dt
from typing import Any

from django import forms
from django.contrib.admin.widgets import RelatedFieldWidgetWrapper
from django.core.exceptions import ValidationError
from typing_extensions import override

from clinic.admin.base.services import ServiceForm
from clinic.booking import services as booking
from clinic.booking.requests import BookingRequest
from clinic.errors import MESSAGES, BookingErrorCode
from clinic.models import Appointment, Status
from clinic.rules import MAX_DURATION_MINUTES, ActingRole, next_statuses
from clinic.slots import GRID_MINUTES
from users.models import User

CHANGED_MEANWHILE = "Somebody else changed this appointment meanwhile. Open it again to see it."
REASON_WITHOUT_CANCELLING = "To cancel the appointment, choose the status “Cancelled” as well."


class BookingForm(ServiceForm[Appointment]):
    duration_minutes = forms.IntegerField(
        label="Length in minutes",
        required=False,
        min_value=GRID_MINUTES,
        max_value=MAX_DURATION_MINUTES,
        help_text="Left empty, the appointment is as long as the doctor's slots.",
    )

    @override
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("doctor", "patient"):
            widget = self.fields[name].widget
            if isinstance(widget, RelatedFieldWidgetWrapper):
                # A booking is no place to rewrite or delete people.
                widget.can_change_related = widget.can_delete_related = False

    def _post_clean(self) -> None:
        self.show_error()

    def carry_out(self, actor: User, now: dt.datetime) -> Appointment:
        """Book the appointment; raises what ``booking.book`` does."""
        wish = self.cleaned_data
        request = BookingRequest(
            date=wish["date"],
            time=wish["time"],
            doctor_id=wish["doctor"].pk,
            patient_id=wish["patient"].pk,
            duration_minutes=wish["duration_minutes"],
            reason_for_visit=wish["reason_for_visit"],
        )
        return booking.book(actor=actor, request=request, now=now, as_staff=True)


class AppointmentForm(ServiceForm[Appointment]):
    """Moves an appointment, makes it another status, or both."""

    # How the appointment stood when the form was opened.
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
        """Refuse what the clerk has decided on the ground of what is no longer so."""
        if "seen" in self.changed_data:
            raise ValidationError(CHANGED_MEANWHILE)
        reason = self.cleaned_data.get("cancellation_reason")
        if reason and self.cleaned_data.get("status") != Status.CANCELLED:
            self.add_error("cancellation_reason", REASON_WITHOUT_CANCELLING)
        return self.cleaned_data

    @override
    def _post_clean(self) -> None:
        self.show_error()

    def carry_out(self, actor: User, now: dt.datetime) -> Appointment:
        """Do what was changed in the form; raises what the booking verbs do."""
        wish = self.cleaned_data
        if not {"date", "time"}.isdisjoint(self.changed_data):
            booking.reschedule(
                actor=actor,
                appointment_id=self.instance.pk,
                date=wish["date"],
                time=wish["time"],
                now=now,
                as_staff=True,
            )
        if "status" in self.changed_data:
            change_status(
                self.instance.pk, wish["status"], actor, now, reason=wish["cancellation_reason"]
            )
        return self.instance


def change_status(
    appointment_id: int, status: str, actor: User, now: dt.datetime, *, reason: str = ""
) -> Appointment:
    """Confirm, complete or cancel, as staff; ``reason`` is for cancelling."""
    if status == Status.CANCELLED:
        return booking.cancel(
            actor=actor, appointment_id=appointment_id, reason=reason, now=now, as_staff=True
        )
    verb = booking.confirm if status == Status.CONFIRMED else booking.complete
    return verb(actor=actor, appointment_id=appointment_id, now=now, as_staff=True)
