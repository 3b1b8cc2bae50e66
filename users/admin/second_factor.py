"""The second factor of the admin: pages to set it up and to enter a code.

The password alone opens a session without access to any page of the admin; a code gives access.
"""

from typing import Any

import segno
from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext_lazy as _
from typing_extensions import override

from users.authentication import login_protection, second_factor
from users.authentication.second_factor import Enrolment, InvalidCode
from users.common.rate_limits import RateLimiterUnavailable, RateLimitExceeded
from users.common.transactions import TransactionConflict
from users.models import User

# Key of the session, and its values.
SESSION_KEY = "second_factor"
VERIFIED, NOT_NEEDED = "verified", "not needed"
# Key of the session with the enrolment that it began.
ENROLMENT_KEY = "second_factor_enrolment"
# What the form shows instead of an error page.
CODE_ERRORS = (InvalidCode, RateLimitExceeded, RateLimiterUnavailable, TransactionConflict)


def has_access(request: HttpRequest, user: User) -> bool:
    """Return whether the session has passed the second factor, or needs none."""
    state = request.session.get(SESSION_KEY)
    if state == VERIFIED:
        return True
    if second_factor.is_required(user):
        return False
    # Without a state, the session is from an earlier release or was opened by another page.
    return state == NOT_NEEDED or not second_factor.is_enabled(user)


def start_session(request: HttpRequest, user: User) -> None:
    """Record after the password whether the session needs a second factor."""
    request.session.pop(SESSION_KEY, None)
    if not second_factor.is_needed(user):
        request.session[SESSION_KEY] = NOT_NEEDED


def complete_session(request: HttpRequest) -> None:
    """Give the session access after a code, under a new session key.

    Anyone who knew the key of the session before, for example because they had sent the password
    and put their cookie into the owner's browser, would have access with it otherwise.
    """
    request.session.cycle_key()
    request.session.pop(ENROLMENT_KEY, None)
    request.session[SESSION_KEY] = VERIFIED


def session_enrolment(request: HttpRequest, user: User) -> Enrolment:
    """Return the enrolment that this session began, a new one if there is none."""
    enrolment = second_factor.continue_enrolment(user, request.session.get(ENROLMENT_KEY))
    request.session[ENROLMENT_KEY] = enrolment.pk
    return enrolment


class CodeForm(forms.Form):
    """Asks for a code of the authenticator app or, if one is set up, a recovery code."""

    code = forms.CharField(
        label=_("Code"),
        max_length=64,
        widget=forms.TextInput(
            attrs={
                "autofocus": True,
                "autocomplete": "one-time-code",
                "autocapitalize": "none",
                "inputmode": "text",
            }
        ),
    )

    def __init__(self, request: HttpRequest, user: User, *args: Any) -> None:
        super().__init__(*args)
        self.request, self.user = request, user

    @override
    def clean(self) -> dict[str, Any]:
        """Count the attempt like a password, and compare the code."""
        cleaned = super().clean() or {}
        if "code" in cleaned:
            try:
                login_protection.count_attempt(self.request, self.user.email)
                self.check(cleaned["code"])
            except CODE_ERRORS as error:
                raise ValidationError(str(error)) from error
            login_protection.forget_failures(self.request, self.user.email)
        return cleaned

    def check(self, code: str) -> None:
        """Use up the code. Raises InvalidCode."""
        second_factor.verify(self.user, code)


class EnrolmentForm(CodeForm):
    """Asks for the first code of an app. ``recovery_codes`` is set if it is right."""

    recovery_codes: list[str]

    @override
    def check(self, code: str) -> None:
        try:
            self.recovery_codes = second_factor.confirm_enrolment(self.user, code)
        except ValidationError as error:
            raise ValidationError(error.messages) from error


def qr_code(enrolment: Enrolment) -> SafeString:
    """Return the QR code of the secret as an SVG element."""
    # White behind it: on the dark page of the admin's dark mode no app could read it.
    svg = segno.make(enrolment.uri, error="m").svg_inline(scale=5, light="#fff")
    return mark_safe(svg)  # noqa: S308 - segno writes numbers and its own names only
