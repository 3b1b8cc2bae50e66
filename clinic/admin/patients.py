"""Admin of patients: register them, edit and find them."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from typing_extensions import override

from clinic import clock, profiles
from clinic.admin.base.csv_export import CsvColumn, CsvMixin
from clinic.admin.base.services import request_user
from clinic.admin.csv_columns import PATIENT_COLUMNS
from clinic.admin.invitations import InvitingMixin
from clinic.admin.merging import MergeMixin
from clinic.admin.patient_forms import (
    ACCOUNT_FIELDS,
    NewPatientForm,
    PatientForm,
    PatientWithNamesForm,
)
from clinic.admin.patient_guardians import GuardianInline
from clinic.admin.patient_page import ACCOUNT_FIELDS as ACCOUNT_STATE_FIELDS
from clinic.admin.patient_page import PatientPageMixin
from clinic.admin.patient_search import parse_search
from clinic.admin.profiles import ProfileAdmin
from clinic.admin.registration_form import ANYWAY_FIELDS, REGISTRATION_FIELDS
from clinic.models import Patient
from users import accounts
from users.admin import rights

CONTACT_FIELDS = ("emergency_contact_name", "emergency_contact_phone")
ADD_FIELDSET = (None, {"fields": (*REGISTRATION_FIELDS, CONTACT_FIELDS, ANYWAY_FIELDS)})
ACCOUNT_FIELDSET = (
    _("Person with an account"),
    {
        "fields": ("user",),
        "description": _(
            "For a person who has registered on the website and has no profile yet. Choose the "
            "account instead of entering the names."
        ),
    },
)
PROFILE_FIELDS = ("date_of_birth", "phone_number", "address", CONTACT_FIELDS)


@admin.register(Patient)
class PatientAdmin(
    PatientPageMixin, InvitingMixin, MergeMixin, CsvMixin[Patient], ProfileAdmin[Patient]
):
    """Patients. Adding one registers a person without an account."""

    actions = (*InvitingMixin.actions, *MergeMixin.actions)
    upsert = staticmethod(profiles.upsert_patient)
    list_display = ("last_name", "first_name", "date_of_birth", "phone_number", "email")
    list_filter = ("user__is_active",)
    search_fields = ("user__first_name_folded", "user__last_name_folded", "user__email")
    search_help_text = _("Name, date of birth, phone number or email address")

    @override
    def csv_columns(self, request: HttpRequest) -> Sequence[CsvColumn]:
        return PATIENT_COLUMNS

    @admin.display(description=_("email"), ordering="user__email")
    def email(self, patient: Patient) -> str:
        return patient.user.email or ""

    @override
    def get_fieldsets(self, request: HttpRequest, obj: Patient | None = None) -> Any:
        if obj is None:
            can_choose = request_user(request).has_perm("users.view_user")
            return [ADD_FIELDSET, ACCOUNT_FIELDSET] if can_choose else [ADD_FIELDSET]
        names = ACCOUNT_FIELDS if self._can_change_names(request, obj) else ()
        return [
            (None, {"fields": ("user", *names, *PROFILE_FIELDS)}),
            (_("Account"), {"fields": ACCOUNT_STATE_FIELDS}),
        ]

    @override
    def get_readonly_fields(self, request: HttpRequest, obj: Patient | None = None) -> Any:
        fields = super().get_readonly_fields(request, obj)
        return (*fields, *ACCOUNT_STATE_FIELDS) if obj else fields

    def _can_change_names(self, request: HttpRequest, patient: Patient) -> bool:
        """Return whether staff correct the names here; those of colleagues only as accounts."""
        user = patient.user
        is_colleague = user.is_doctor or user.is_staff
        return (
            not is_colleague
            and self.has_change_permission(request, patient)
            and rights.can_manage(request, user)
        )

    @override
    def get_form(
        self, request: HttpRequest, obj: Patient | None = None, change: bool = False, **kwargs: Any
    ) -> Any:
        form: type[forms.BaseForm] = NewPatientForm
        if obj is not None:
            can_change_names = self._can_change_names(request, obj)
            form = PatientWithNamesForm if can_change_names else PatientForm
        return super().get_form(request, obj, change, **{"form": form, **kwargs})

    @override
    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Patient], search_term: str
    ) -> tuple[QuerySet[Patient], bool]:
        search = parse_search(search_term)
        for date in search.dates:
            queryset = queryset.filter(date_of_birth=date)
        if search.phone_number is not None:
            queryset = queryset.filter(phone_number=search.phone_number)
        return super().get_search_results(request, queryset, search.words)

    @override
    def save_model(self, request: HttpRequest, obj: Patient, form: Any, change: bool) -> None:
        if not change and not form.cleaned_data.get("user"):
            obj.pk = form.register(request_user(request), clock.now()).pk
            # Django's log entry and success message use obj, which the service has not changed.
            obj.refresh_from_db()
            return
        names = {
            name: form.cleaned_data[name] for name in ACCOUNT_FIELDS if name in form.changed_data
        }
        if change and names:
            accounts.update(obj.user, **names)
        self.save_profile(obj, {name: form.cleaned_data[name] for name in form.profile_changes()})

    @override
    def get_inlines(self, request: HttpRequest, obj: Patient | None) -> Any:
        return [GuardianInline] if obj else []
