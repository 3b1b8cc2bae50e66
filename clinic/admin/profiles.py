"""What the pages of doctors and patients have in common."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from typing_extensions import override

from clinic.admin.base.generics import M
from clinic.admin.base.services import ServiceAdmin
from clinic.models import Doctor, Patient
from users.admin.deletion import RetryDeletionMixin


class ProfileAdmin(RetryDeletionMixin, ServiceAdmin[M]):
    """A profile, under the name of its account, which it keeps for good."""

    list_display_links = ("last_name", "first_name")
    list_select_related = ("user",)
    list_per_page = 50
    ordering = ("user__last_name", "user__first_name", "pk")
    autocomplete_fields = ("user",)
    # Fills in the profile of an account, as profiles.upsert_doctor does.
    upsert: Callable[..., M]

    @admin.display(ordering="user__last_name")
    def last_name(self, profile: Doctor | Patient) -> str:
        return profile.user.last_name

    @admin.display(ordering="user__first_name")
    def first_name(self, profile: Doctor | Patient) -> str:
        return profile.user.first_name

    @override
    def get_queryset(self, request: HttpRequest) -> QuerySet[M]:
        # Also for the search box of a booking, which knows no list_select_related.
        return super().get_queryset(request).select_related("user")

    @override
    def get_readonly_fields(self, request: HttpRequest, obj: M | None = None) -> Any:
        return ("user",) if obj else ()

    @override
    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        # What nobody touched keeps the value that somebody else may just have given it.
        changes = {name: form.cleaned_data[name] for name in form.changed_data if name != "user"}
        obj.pk = self.upsert(obj.user, **changes).pk
