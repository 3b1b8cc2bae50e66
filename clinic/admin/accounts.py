"""Accounts at the desk, of which many are a patient's."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from typing_extensions import override

from clinic.admin.audited import AuditedAdmin
from users.admin import UserAdmin
from users.models import User


@admin.register(User)
class AccountAdmin(AuditedAdmin[User], UserAdmin):
    @override
    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        # For the audit, which would ask for each.
        return super().get_queryset(request).select_related("patient")
