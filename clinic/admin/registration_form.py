"""Form fields that register a patient, and the question about a likely duplicate."""

import datetime as dt
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from typing_extensions import override

from clinic.admin.base.date_fields import DateField
from clinic.admin.base.questions import bind_question
from clinic.admin.base.services import ServiceForm
from clinic.models import Patient
from clinic.people.registration import NewPatient, register_patient
from users.models import Gender, User

# The fields of the question: one line of a fieldset.
ANYWAY_FIELDS = ANYWAY, ASKED_ABOUT = "register_anyway", "asked_about_person"
# The fields by which a person is recognised.
IDENTITY_FIELDS = ("first_name", "last_name", "date_of_birth", "phone_number", "email")
REGISTRATION_FIELDS = (
    ("first_name", "last_name"),
    ("date_of_birth", "gender"),
    ("phone_number", "email"),
    "address",
)


class RegistrationForm(ServiceForm[Any]):
    """A form that registers a person, and asks before it registers one who may be known.

    The checkbox is shown once the service has found likely duplicates. It counts for this name,
    date of birth, telephone number and email address only: after another likely duplicate the form
    asks again. The service validates the values.
    """

    first_name = forms.CharField(label=_("First name"), max_length=150)
    last_name = forms.CharField(label=_("Last name"), max_length=150)
    date_of_birth = DateField(label=_("Date of birth"))
    phone_number = forms.CharField(label=_("Phone number"), max_length=128, required=False)
    email = forms.CharField(
        label=_("Email address"),
        max_length=254,
        required=False,
        help_text=_("The patient is invited to use the website."),
    )
    gender = forms.ChoiceField(
        label=_("Gender"), choices=Gender, initial=Gender.UNDISCLOSED, required=False
    )
    address = forms.CharField(label=_("Address"), max_length=300, required=False)
    register_anyway = forms.BooleanField(
        label=_("This is somebody else: register them"), required=False, widget=forms.HiddenInput
    )
    asked_about_person = forms.CharField(required=False, widget=forms.HiddenInput)

    # Whether staff have said that the person is none of the likely duplicates. Set before errors
    # are added, which remove the values that decide it.
    is_confirmed = False

    @override
    def _post_clean(self) -> None:
        data = self.cleaned_data
        entered = "|".join(str(data.get(name) or "") for name in IDENTITY_FIELDS)
        self.is_confirmed = bool(data.get(ANYWAY)) and data.get(ASKED_ABOUT) == entered
        asks, agrees = self.asks_about_duplicates, self.is_confirmed
        bind_question(self, ANYWAY, ASKED_ABOUT, entered, asks=asks, agrees=agrees)
        super()._post_clean()

    def register(self, actor: User, now: dt.datetime) -> Patient:
        """Register the person as staff. Raises the errors of ``register_patient``."""
        data = self.cleaned_data
        person = NewPatient(
            first_name=data["first_name"],
            last_name=data["last_name"],
            date_of_birth=data["date_of_birth"],
            phone_number=data["phone_number"],
            email=data["email"] or None,
            gender=Gender(data["gender"] or Gender.UNDISCLOSED),
            address=data["address"],
            emergency_contact_name=data.get("emergency_contact_name") or "",
            emergency_contact_phone=str(data.get("emergency_contact_phone") or ""),
        )
        return register_patient(
            actor=actor,
            person=person,
            now=now,
            as_staff=True,
            register_anyway=self.is_confirmed,
        )
