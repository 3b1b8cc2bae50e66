"""Suggestions of form fields that select a person."""

from typing import Any

from django.contrib.admin.views.autocomplete import AutocompleteJsonView
from django.db.models import Model
from django.http import HttpRequest
from django.utils.translation import gettext as _
from typing_extensions import override

from clinic.admin.base.audit import KNOWN_FIELDS, AuditedAdmin
from clinic.admin.base.services import request_user
from clinic.models import Guardian, Patient


class AuditedAutocompleteView(AutocompleteJsonView):
    """Records the patients that a form field suggests, as reads.

    Patients are suggested with their date of birth: several can have the same name.
    """

    @override
    def has_perm(self, request: HttpRequest, obj: Any = None) -> bool:
        # Reception names guardians, and has no access to the pages of accounts.
        is_guardian = self.source_field == Guardian._meta.get_field("user")  # noqa: SLF001 - Django documents _meta as public
        names_guardian = is_guardian and request_user(request).has_perm("clinic.add_guardian")
        return names_guardian or super().has_perm(request, obj)

    @override
    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        if isinstance(self.model_admin, AuditedAdmin):
            context["object_list"] = suggested = list(context["object_list"])
            patients = [obj for obj in suggested if isinstance(obj, Patient)]
            self.model_admin.record_shown(self.request, patients, KNOWN_FIELDS)
            others = [obj for obj in suggested if not isinstance(obj, Patient)]
            self.model_admin.record_named(self.request, others)
        return context

    @override
    def serialize_result(self, obj: Model, to_field_name: str) -> dict[str, str]:
        result: dict[str, str] = super().serialize_result(obj, to_field_name)
        if isinstance(obj, Patient):
            text = _("{name}, born {date}")
            result["text"] = text.format(name=obj, date=obj.date_of_birth)
        return result
