"""Accounts at the desk, of which many are a patient's."""

from collections.abc import Sequence

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from typing_extensions import override

from clinic.admin.base.audit import AuditedAdmin
from users.admin.users import UserAdmin
from users.models import User


@admin.register(User)
class AccountAdmin(AuditedAdmin[User], UserAdmin):
    @override
    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        # For the audit, which would ask for each.
        return super().get_queryset(request).select_related("patient")

    @override
    def user_change_password(
        self, request: HttpRequest, id: str, form_url: str = ""
    ) -> HttpResponse:
        response = super().user_change_password(request, id, form_url)
        if isinstance(response, TemplateResponse) and response.context_data:
            account = response.context_data["original"]
            self.record_shown(request, [account], ("email", "name"))
        return response

    @override
    def refuse(self, request: HttpRequest, users: Sequence[User]) -> None:
        self.record_named(request, users)
        super().refuse(request, users)
