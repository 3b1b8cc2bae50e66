"""Admin of patient profiles."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from clinic import profiles
from clinic.admin.base.audit import AuditedAdmin
from clinic.admin.base.services import ServiceForm
from clinic.admin.profiles import ProfileAdmin
from clinic.models import Patient


class PatientForm(ServiceForm[Patient]):
    """All fields of the profile."""


@admin.register(Patient)
class PatientAdmin(AuditedAdmin[Patient], ProfileAdmin[Patient]):
    """Patient profiles."""

    upsert = staticmethod(profiles.upsert_patient)
    form = PatientForm
    fields = (
        "user",
        "date_of_birth",
        "address",
        "emergency_contact_name",
        "emergency_contact_phone",
    )
    list_display = ("last_name", "first_name", "date_of_birth", "email")
    list_filter = ("user__is_active",)
    search_fields = ("user__first_name_folded", "user__last_name_folded", "user__email")
    search_help_text = _("Name or email address")

    @admin.display(description=_("email"), ordering="user__email")
    def email(self, patient: Patient) -> str:
        return patient.user.email
