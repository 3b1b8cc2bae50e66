"""Base class of the doctor and patient pages."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from typing_extensions import override

from clinic.admin.base.generics import M
from clinic.admin.base.services import ServiceAdmin
from clinic.models import Doctor, Patient
from users.admin.deletion import RetryDeletionMixin


class ProfileAdmin(RetryDeletionMixin, ServiceAdmin[M]):
    """A profile, displayed with the name of its account, which cannot be changed."""

    list_display_links = ("last_name", "first_name")
    list_select_related = ("user",)
    ordering = ("user__last_name_folded", "user__first_name_folded", "pk")
    autocomplete_fields = ("user",)
    # The service function: ``profiles.upsert_doctor`` or ``profiles.upsert_patient``.
    upsert: Callable[..., M]

    @admin.display(description=_("last name"), ordering="user__last_name_folded")
    def last_name(self, profile: Doctor | Patient) -> str:
        return profile.user.last_name

    @admin.display(description=_("first name"), ordering="user__first_name_folded")
    def first_name(self, profile: Doctor | Patient) -> str:
        return profile.user.first_name

    @override
    def get_queryset(self, request: HttpRequest) -> QuerySet[M]:
        # The autocompletion of the booking form ignores list_select_related.
        return super().get_queryset(request).select_related("user")

    @override
    def get_readonly_fields(self, request: HttpRequest, obj: M | None = None) -> Any:
        return ("user",) if obj else ()

    @override
    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        # Saving unchanged fields too would overwrite concurrent changes of them.
        changes = {name: form.cleaned_data[name] for name in form.changed_data if name != "user"}
        self.save_profile(obj, changes)

    def save_profile(self, obj: Any, changes: dict[str, Any]) -> None:
        """Save the changed fields of the profile by the service function."""
        obj.pk = self.upsert(obj.user, **changes).pk
