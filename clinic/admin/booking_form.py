"""The form that books an appointment, and the free times that it offers.

The booking service validates the values. The validation of the model does not run: it would report
errors for fields that the form does not have.
"""

import datetime as dt
from typing import Any, cast

from django import forms
from django.contrib.admin.widgets import AdminRadioSelect, RelatedFieldWidgetWrapper
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _
from typing_extensions import override

from clinic import clock
from clinic.admin.appointment_fields import DurationField, limit_types
from clinic.admin.outside_form import OutsideForm
from clinic.booking import services as booking
from clinic.booking.availability import free_slots
from clinic.booking.requests import BookingRequest
from clinic.booking.terms import terms_for
from clinic.errors import MESSAGES, BookingErrorCode
from clinic.models import Appointment
from clinic.rules import ActingRole
from users.models import User

CHOOSE_DOCTOR_AND_DATE = _("Choose the doctor and the date first.")
CHOOSE_FREE_TIME = _("Choose one of these times, then save.")
NO_FREE_TIME = _("The doctor has no free time on this date.")
TWO_TIMES = _("You entered another time than the chosen free time. Clear one of them.")
# The name of the button that shows free times instead of saving.
SHOW_FREE_TIMES = "_free_times"


class BookingForm(OutsideForm):
    """Books an appointment as staff."""

    duration_minutes = DurationField(
        required=False,
        help_text=_("If empty, that of the type, or the slot length of the doctor."),
    )
    free_time = forms.ChoiceField(
        label=_("Free times"),
        required=False,
        widget=forms.RadioSelect,
        help_text=_("The doctor's free times of this type on this date."),
    )

    @override
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in {"doctor", "patient"} & self.fields.keys():
            widget = self.fields[name].widget
            if isinstance(widget, RelatedFieldWidgetWrapper):
                # No links to change or delete the doctor or patient from this form.
                widget.can_change_related = widget.can_delete_related = False
        limit_types(self.fields["appointment_type"])
        self.fields["time"].required = False
        self.wants_free_times = SHOW_FREE_TIMES in self.data
        # Until free times are requested, there is nothing to choose from.
        self.fields["free_time"].widget = forms.HiddenInput()
        self.has_no_free_time = False
        self.unoffered_type: ValidationError | None = None
        if self.wants_free_times or self.data.get("free_time"):
            self._offer_free_times()

    def _offer_free_times(self) -> None:
        """Let the user choose one of the free times, if there are any."""
        times = self._free_times()
        if not times:
            # A choice of another day would be invalid, in a field that is not displayed.
            data = cast("QueryDict", self.data).copy()
            data.pop("free_time", None)
            self.data = data
            self.has_no_free_time = True
            return
        field = self.fields["free_time"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - for the type checker
        field.widget = AdminRadioSelect(attrs={"class": "radiolist inline"})
        offered = [(f"{time:%H:%M}", f"{time:%H:%M}") for time in times]
        # Without JavaScript a choice cannot be undone, except by another one.
        field.choices = [("", _("The time entered above")), *offered]

    def _free_times(self) -> list[dt.time]:
        """Return the doctor's free times of the entered date; none if these are not valid."""
        entered = {}
        for name in ("doctor", "date", "appointment_type"):
            field = self.fields[name]
            value = field.widget.value_from_datadict(self.data, self.files, self.add_prefix(name))
            try:
                entered[name] = field.clean(value)
            except ValidationError:
                return []
        type_ = entered["appointment_type"]
        type_pk = type_ and type_.pk
        try:
            terms_for(entered["doctor"], type_pk, ActingRole.STAFF)
        except ValidationError as error:
            self.unoffered_type = error
            return []
        slots = free_slots(entered["doctor"], entered["date"], clock.now(), type_pk)
        return [slot.time for slot in slots]

    @override
    def clean(self) -> dict[str, Any]:
        data = self.cleaned_data
        if self.wants_free_times:
            self._answer_with_free_times()
            return data
        if chosen := data.get("free_time"):
            free_time = dt.time.fromisoformat(chosen)
            if data.get("time") not in {None, free_time}:
                self.add_error("time", TWO_TIMES)
            data["time"] = free_time
        elif data.get("time") is None and "time" not in self.errors:
            if self.has_no_free_time and not {"doctor", "date"} & set(self.errors):
                self._add_no_free_time()
            else:
                self.add_error("time", MESSAGES[BookingErrorCode.REQUIRED])
        return data

    def _answer_with_free_times(self) -> None:
        """Replace the errors by one that says what the page shows, so that nothing is saved."""
        is_complete = not {"doctor", "date"} & set(self.errors)
        for name in list(self.errors):
            # Kept for a choice that does not exist, which the page cannot display.
            if name == "free_time" or not self.has_error(name, "invalid_choice"):
                del self.errors[name]
        if not is_complete:
            if not self.errors:
                self.add_error("date", CHOOSE_DOCTOR_AND_DATE)
        elif self.has_no_free_time:
            self._add_no_free_time()
        else:
            self.add_error("free_time", CHOOSE_FREE_TIME)

    def _add_no_free_time(self) -> None:
        """Add the error that there are no free times, and why."""
        if self.unoffered_type is None:
            self.add_error("date", NO_FREE_TIME)
            return
        for name, errors in self._by_field(self.unoffered_type).items():
            self.add_error(name, errors)

    def apply(self, actor: User, now: dt.datetime) -> Appointment:
        """Book the appointment. Raises the errors of ``booking.book``."""
        data = self.cleaned_data
        type_ = data["appointment_type"]
        request = BookingRequest(
            date=data["date"],
            time=data["time"],
            doctor_id=data["doctor"].pk,
            patient_id=data["patient"].pk,
            appointment_type_id=type_ and type_.pk,
            duration_minutes=data["duration_minutes"],
            reason_for_visit=data["reason_for_visit"],
        )
        return booking.book(
            actor=actor, request=request, now=now, as_staff=True, allow_outside=self.allow_outside
        )
