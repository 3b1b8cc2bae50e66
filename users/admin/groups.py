"""Admin of groups: changing the permissions of a group is granting them to its members."""

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.models import Group, Permission
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext as _
from typing_extensions import override

from users.admin import rights

if TYPE_CHECKING:
    GroupModelForm = forms.ModelForm[Group]
else:
    GroupModelForm = forms.ModelForm


def reject_foreign_permissions(request: HttpRequest, permissions: list[Permission]) -> None:
    """Raise ValidationError with the permissions that the member of staff does not have."""
    if foreign := rights.not_grantable(request, permissions):
        message = _("You can grant only permissions that you have yourself, not: {permissions}.")
        names = ", ".join(sorted(permission.name for permission in foreign))
        raise ValidationError(message.format(permissions=names), code="not_grantable")


class GroupForm(GroupModelForm):
    """The form of a group. ``request`` is set by the admin."""

    request: HttpRequest

    def clean_permissions(self) -> Any:
        """Reject permissions that are added and that the member of staff does not have."""
        chosen = self.cleaned_data["permissions"].select_related("content_type")
        before = set(self.instance.permissions.all()) if self.instance.pk else set()
        reject_foreign_permissions(self.request, [each for each in chosen if each not in before])
        return chosen


class GroupAdmin(DjangoGroupAdmin):
    """Groups. Only those without foreign permissions can be changed."""

    form = GroupForm

    @override
    def get_form(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        form = super().get_form(request, *args, **kwargs)
        return type(form.__name__, (form,), {"request": request})

    @override
    def has_change_permission(self, request: HttpRequest, obj: Group | None = None) -> bool:
        return _can_manage(request, obj) and super().has_change_permission(request, obj)

    @override
    def has_delete_permission(self, request: HttpRequest, obj: Group | None = None) -> bool:
        return _can_manage(request, obj) and super().has_delete_permission(request, obj)


def _can_manage(request: HttpRequest, group: Group | None) -> bool:
    if group is None:
        return rights.may(request, rights.GRANT_PERMISSIONS)
    permissions = group.permissions.select_related("content_type")
    return rights.may(request, rights.GRANT_PERMISSIONS) and not rights.not_grantable(
        request, permissions
    )
