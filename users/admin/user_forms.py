"""The forms of the account admin. None of them sets a password."""

from typing import TYPE_CHECKING, Any

from django import forms

from users.admin.grants import GrantingFormMixin
from users.models import User

if TYPE_CHECKING:
    UserModelForm = forms.ModelForm[User]
else:
    UserModelForm = forms.ModelForm


class UserForm(GrantingFormMixin, UserModelForm):
    """The form of an account."""

    class Meta:
        model = User
        fields = "__all__"

    def clean_groups(self) -> Any:
        """Reject groups that are added and have permissions that the member of staff lacks."""
        for group in self.added("groups"):
            self.require_grantable(group.permissions.all())
        return self.cleaned_data["groups"]

    def clean_user_permissions(self) -> Any:
        """Reject permissions that are added and that the member of staff lacks."""
        self.require_grantable(self.added("user_permissions"))
        return self.cleaned_data["user_permissions"]


class NewUserForm(UserModelForm):
    """The form of a new account. Its owner chooses the password by an emailed link."""

    class Meta:
        model = User
        fields = ("email", "first_name", "last_name", "gender", "is_doctor", "is_patient")

    def save(self, commit: bool = True) -> User:  # noqa: FBT001, FBT002 - Django's signature
        self.instance.set_unusable_password()
        return super().save(commit)
