"""Inline of the patient's page: the users who act for the patient."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from typing_extensions import override

from clinic import clock, guardians
from clinic.admin.base.service_inlines import ServiceFormSet, ServiceInline, ServiceInlineForm
from clinic.models import Guardian


class GuardianForm(ServiceInlineForm[Guardian]):
    """One guardian."""


class GuardianFormSet(ServiceFormSet[Guardian]):
    """Adds and removes guardians; existing ones are not editable."""

    error_prefix = "guardians"
    main_field = "user"

    @override
    def save(self, commit: bool = True) -> list[Guardian]:
        """Save, and set the attributes that Django's change message is made of."""
        self.changed_objects = []
        # First, because the last guardian can be removed once there is another one.
        self.new_objects = [
            self._add(index, form) for index, form in enumerate(self.service_forms())
        ]
        self.deleted_objects = [form.instance for form in self.deleted_forms]
        for guardian in self.deleted_objects:
            guardians.end_guardian(guardian, clock.now())
        return self.new_objects

    def _add(self, index: int, form: Any) -> Guardian:
        data = form.cleaned_data
        try:
            return guardians.add_guardian(self.instance, data["user"], data["relationship"])
        except ValidationError as error:
            raise self.row_error(index, error) from error


class GuardianInline(ServiceInline[Guardian]):
    """Guardians are added and removed."""

    model = Guardian
    form = GuardianForm
    formset = GuardianFormSet
    fields = ("user", "relationship")
    autocomplete_fields = ("user",)
    verbose_name = _("guardian")
    verbose_name_plural = _("guardians, who book and read for the patient")

    @override
    def get_queryset(self, request: HttpRequest) -> QuerySet[Guardian]:
        return super().get_queryset(request).select_related("user", "patient__user")

    @override
    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
