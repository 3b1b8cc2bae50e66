"""Lists at the desk that are to be looked at, and not to be touched."""

from typing import Any

from django.http import HttpRequest
from typing_extensions import override

from clinic.admin.base.generics import M, ModelAdmin
from users.admin.request_checks import ValidatedRequestMixin


class ReadOnlyAdmin(ValidatedRequestMixin, ModelAdmin[M]):
    """Whoever may view it can: nothing is added, changed or deleted here."""

    @override
    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    @override
    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @override
    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
