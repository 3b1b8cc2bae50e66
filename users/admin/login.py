"""The login form of the admin site."""

from typing import Any

from django import forms
from django.contrib.admin.forms import AdminAuthenticationForm
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from typing_extensions import override

from users.common.rate_limits import RateLimiterUnavailable


class LoginForm(AdminAuthenticationForm):
    """Rejects all logins while failed attempts cannot be counted.

    Otherwise an outage of the cache would allow unlimited password guessing.
    """

    # Django's field converts what was typed, so that other addresses would be accepted here than
    # in the API.
    username = forms.CharField(
        widget=forms.TextInput(
            attrs={"autofocus": True, "autocapitalize": "none", "autocomplete": "username"}
        )
    )

    # Django's message warns about upper and lower case, which email addresses here ignore.
    error_messages = {
        **AdminAuthenticationForm.error_messages,
        "invalid_login": _("Enter the email address and the password of a staff account."),
    }

    @override
    def clean(self) -> dict[str, Any]:
        try:
            return super().clean()
        except RateLimiterUnavailable as error:
            raise ValidationError(str(error)) from error
