"""The forms of the admin of patients."""

from typing import Any

from django import forms
from django.contrib.admin.widgets import RelatedFieldWidgetWrapper
from django.utils.translation import gettext_lazy as _
from typing_extensions import override

from clinic.admin.base.services import ServiceForm
from clinic.admin.registration_form import RegistrationForm
from clinic.models import Patient
from users.models import Gender

ACCOUNT_FIELDS = ("first_name", "last_name", "gender")
PROFILE_FIELDS = frozenset(
    {
        *("date_of_birth", "phone_number", "address"),
        *("emergency_contact_name", "emergency_contact_phone"),
    }
)
NAMES_AND_ACCOUNT = _("The account has names already. Leave these empty, or choose no account.")


class NewPatientForm(RegistrationForm):
    """Registers a person, or adds the profile of an account that was chosen instead."""

    emergency_contact_name = forms.CharField(
        label=_("Emergency contact"), max_length=150, required=False
    )
    emergency_contact_phone = forms.CharField(
        label=_("Phone number of the emergency contact"), max_length=128, required=False
    )

    @override
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if (user := self.fields.get("user")) is None:
            return
        user.required = False
        if isinstance(user.widget, RelatedFieldWidgetWrapper):
            user.widget.can_add_related = False
            user.widget.can_change_related = user.widget.can_delete_related = False
        if self.data.get(self.add_prefix("user")):
            self.fields["first_name"].required = self.fields["last_name"].required = False

    @override
    def clean(self) -> dict[str, Any]:
        data = self.cleaned_data
        if data.get("user") and (data.get("first_name") or data.get("last_name")):
            self.add_error("user", NAMES_AND_ACCOUNT)
        return data

    def profile_changes(self) -> list[str]:
        """Return the names of the entered fields of the profile."""
        return [name for name in self.changed_data if name in PROFILE_FIELDS]


class PatientForm(ServiceForm[Patient]):
    """All fields of the profile."""

    def profile_changes(self) -> list[str]:
        """Return the names of the changed fields of the profile."""
        return [name for name in self.changed_data if name in PROFILE_FIELDS]


class PatientWithNamesForm(PatientForm):
    """The profile, and the fields of the account of a person who is a patient only."""

    first_name = forms.CharField(label=_("First name"), max_length=150)
    last_name = forms.CharField(label=_("Last name"), max_length=150)
    gender = forms.ChoiceField(label=_("Gender"), choices=Gender)

    @override
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ACCOUNT_FIELDS:
            self.initial[name] = getattr(self.instance.user, name)
