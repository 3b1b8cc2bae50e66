"""Registration of the account admin. ``users/admin/users.py`` defines its pages.

It is registered here because the audit log must record the accounts of patients.
"""

from collections.abc import Sequence

from django.contrib import admin
from django.contrib.auth.models import Group
from django.db.models import QuerySet
from django.http import HttpRequest
from django_otp.plugins.otp_static.models import StaticDevice
from django_otp.plugins.otp_totp.models import TOTPDevice
from typing_extensions import override

from clinic.admin.base.audit import AuditedAdmin
from users.admin.groups import GroupAdmin
from users.admin.users import UserAdmin
from users.models import User


@admin.register(User)
class AccountAdmin(AuditedAdmin[User], UserAdmin):
    """The account admin of ``users``, with its page views and changes audited."""

    @override
    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        # Without it the audit would run one query for each listed account.
        return super().get_queryset(request).select_related("patient")

    @override
    def report_forbidden(self, request: HttpRequest, users: Sequence[User]) -> None:
        self.record_named(request, users)
        super().report_forbidden(request, users)


# Its pages would show the secrets of everybody's second factor.
admin.site.unregister([TOTPDevice, StaticDevice])
admin.site.unregister(Group)
admin.site.register(Group, GroupAdmin)
