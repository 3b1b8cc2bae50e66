"""The forms of the account admin. None of them sets a password."""

from typing import TYPE_CHECKING, Any

from django import forms
from django.http import HttpRequest

from users.admin.groups import reject_foreign_permissions
from users.models import User

if TYPE_CHECKING:
    UserModelForm = forms.ModelForm[User]
else:
    UserModelForm = forms.ModelForm


class UserForm(UserModelForm):
    """The form of an account. ``request`` is set by the admin."""

    request: HttpRequest

    class Meta:
        model = User
        fields = "__all__"

    def clean_groups(self) -> Any:
        """Reject groups that are added and have permissions that the member of staff lacks."""
        chosen = self.cleaned_data["groups"].prefetch_related("permissions__content_type")
        before = set(self.instance.groups.all()) if self.instance.pk else set()
        for group in chosen:
            if group not in before:
                reject_foreign_permissions(self.request, list(group.permissions.all()))
        return chosen

    def clean_user_permissions(self) -> Any:
        """Reject permissions that are added and that the member of staff lacks."""
        chosen = self.cleaned_data["user_permissions"].select_related("content_type")
        before = set(self.instance.user_permissions.all()) if self.instance.pk else set()
        reject_foreign_permissions(self.request, [each for each in chosen if each not in before])
        return chosen


class NewUserForm(UserModelForm):
    """The form of a new account. Its owner chooses the password by an emailed link."""

    request: HttpRequest

    class Meta:
        model = User
        fields = ("email", "first_name", "last_name", "gender", "is_doctor", "is_patient")

    def save(self, commit: bool = True) -> User:  # noqa: FBT001, FBT002 - Django's signature
        self.instance.set_unusable_password()
        return super().save(commit)
