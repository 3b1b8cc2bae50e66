"""The forms of the admin site that check a password: the login, and a change of one's own."""

from typing import Any

from django import forms
from django.contrib.admin.forms import AdminAuthenticationForm, AdminPasswordChangeForm
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from typing_extensions import override

from users.authentication import login_protection, second_factor
from users.common import rate_limits
from users.common.rate_limits import RateLimiterUnavailable, RateLimitExceeded, Throttle
from users.models import User


class LoginForm(AdminAuthenticationForm):
    """Counts each login before the password is checked, together with those of the API.

    Rejects all logins while they cannot be counted. Otherwise an outage of the cache would
    allow unlimited password guessing.
    """

    # Seconds until the next attempt is possible, if there were too many.
    retry_after: int | None = None

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
        email = self.cleaned_data.get("username")
        if email is None or self.request is None:
            return super().clean()
        try:
            login_protection.count_attempt(self.request, email)
        except RateLimiterUnavailable as error:
            raise ValidationError(str(error)) from error
        except RateLimitExceeded as error:
            self.retry_after = error.retry_after
            raise ValidationError(str(error)) from error
        cleaned = super().clean()
        user = self.get_user()
        if isinstance(user, User) and not second_factor.is_needed(user):
            login_protection.forget_failures(self.request, email)
        return cleaned


class PasswordChangeForm(AdminPasswordChangeForm):
    """Counts each attempt before the old password is checked, together with those of the API.

    Otherwise anyone who found an open session could guess the password without end.
    """

    @override
    def clean_old_password(self) -> str:
        try:
            rate_limits.consume(Throttle.PASSWORD_CHANGES_PER_USER, str(self.user.pk))
        except (RateLimitExceeded, RateLimiterUnavailable) as error:
            raise ValidationError(str(error)) from error
        return super().clean_old_password()
