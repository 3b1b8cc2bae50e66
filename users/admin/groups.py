"""Admin of groups: changing the permissions of a group is granting them to its members."""

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.models import Group
from django.http import HttpRequest
from typing_extensions import override

from users.admin import rights
from users.admin.grants import GrantingAdminMixin, GrantingFormMixin

if TYPE_CHECKING:
    GroupModelForm = forms.ModelForm[Group]
else:
    GroupModelForm = forms.ModelForm


class GroupForm(GrantingFormMixin, GroupModelForm):
    """The form of a group."""

    def clean_permissions(self) -> Any:
        """Reject permissions that are added and that the member of staff does not have."""
        self.require_grantable(self.added("permissions"))
        return self.cleaned_data["permissions"]


class GroupAdmin(GrantingAdminMixin, DjangoGroupAdmin):
    """Groups. Only those without foreign permissions can be changed."""

    form = GroupForm

    @override
    def has_change_permission(self, request: HttpRequest, obj: Group | None = None) -> bool:
        return _can_manage(request, obj) and super().has_change_permission(request, obj)

    @override
    def has_delete_permission(self, request: HttpRequest, obj: Group | None = None) -> bool:
        return _can_manage(request, obj) and super().has_delete_permission(request, obj)


def _can_manage(request: HttpRequest, group: Group | None) -> bool:
    if not rights.may(request, rights.GRANT_PERMISSIONS):
        return False
    return group is None or not rights.not_grantable(request, group.permissions.all())
