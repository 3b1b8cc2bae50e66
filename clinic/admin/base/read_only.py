"""Read-only admin pages."""

from typing import Any

from django.http import HttpRequest
from typing_extensions import override

from clinic.admin.base.generics import M, ModelAdmin
from users.admin.request_checks import ValidatedRequestMixin


class ReadOnlyAdmin(ValidatedRequestMixin, ModelAdmin[M]):
    """Pages for staff with the view permission; adding, changing and deleting is disabled."""

    @override
    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    @override
    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @override
    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
