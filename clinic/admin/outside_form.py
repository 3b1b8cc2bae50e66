"""The question before an appointment is put where its doctor does not work."""

from django import forms
from django.utils.translation import gettext_lazy as _
from typing_extensions import override

from clinic.admin.base.questions import bind_question
from clinic.admin.base.services import ServiceForm
from clinic.models import Appointment

# The fields of the question: one line of a fieldset.
CONSENT_FIELDS = CONSENT, ASKED_ABOUT = "all_the_same", "asked_about"
# The fields that decide which doctor is asked for, when and how long.
DECIDING_FIELDS = ("doctor", "date", "time", "appointment_type", "duration_minutes")


class OutsideForm(ServiceForm[Appointment]):
    """A form that asks before it uses a time at which the doctor does not work.

    The checkbox is shown once the service has rejected such a time. It counts for this doctor,
    date, time, type and length only: after each other rejected time the form asks again.
    """

    all_the_same = forms.BooleanField(
        label=_("Use this time all the same"), required=False, widget=forms.HiddenInput
    )
    asked_about = forms.CharField(required=False, widget=forms.HiddenInput)

    # Whether the doctor may be booked outside the working time. Set before errors are added, which
    # remove the values that decide it.
    allow_outside = False

    @override
    def _post_clean(self) -> None:
        entered = self._entered()
        agrees = self.cleaned_data.get(CONSENT) and self.cleaned_data.get(ASKED_ABOUT) == entered
        self.allow_outside = bool(agrees)
        self.add_save_error()
        asks = self.save_error is not None and self.asks_all_the_same
        bind_question(self, CONSENT, ASKED_ABOUT, entered, asks=asks, agrees=self.allow_outside)

    def _entered(self) -> str:
        """Return the deciding values as entered, or of the appointment if not in the form."""
        values = [
            self.cleaned_data.get(name) if name in self.fields else getattr(self.instance, name)
            for name in DECIDING_FIELDS
        ]
        return " ".join(str(getattr(value, "pk", value)) for value in values)
