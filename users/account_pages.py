"""Pages to which links in emails lead, for clinics without a front end.

Opening a page changes nothing, because mail scanners open every link: its button does, by POST.
"""

from http import HTTPStatus
from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import URLPattern, path
from django.utils.cache import add_never_cache_headers
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views import View
from typing_extensions import override

from users import (
    email_change,
    email_verification,
    invitations,
    one_time_links,
    password_reset,
)
from users.common import rate_limits
from users.common.client_ip import client_key
from users.common.rate_limits import RateLimiterUnavailable, RateLimitExceeded, Throttle
from users.common.transactions import TransactionConflict
from users.link_emails import INVITATION_PAGE, RESET_PAGE, STOP_PAGE, VERIFY_PAGE
from users.models import Purpose

TEMPLATE = "users/pages/link.html"


class PasswordForm(forms.Form):
    """A new password, typed twice."""

    new_password = forms.CharField(
        label=gettext_lazy("New password"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=gettext_lazy("At least 8 characters, neither common nor only digits."),
    )
    repeated = forms.CharField(
        label=gettext_lazy("The same password again"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    @override
    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        if "repeated" in values and values.get("new_password") != values["repeated"]:
            self.add_error("repeated", _("The two passwords differ. Type the same one twice."))
        return values


class LinkPage(View):
    """Base of the pages. ``GET`` says what the link does, ``POST`` does it."""

    http_method_names = ["get", "head", "post"]
    throttle = Throttle.VERIFICATIONS_PER_CLIENT
    form_class: type[forms.Form] = forms.Form

    @override
    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        response = super().dispatch(request, *args, **kwargs)
        add_never_cache_headers(response)
        # The URL is a secret. Django's default would send it with requests of this page; without
        # the origin, Django would reject the form.
        response.headers["Referrer-Policy"] = "strict-origin"
        return response

    def get(self, request: HttpRequest, token: str) -> HttpResponse:
        return self._question(request, token, self.form_class())

    def post(self, request: HttpRequest, token: str) -> HttpResponse:
        form = self.form_class(request.POST)
        try:
            rate_limits.consume(self.throttle, client_key(request))
            if form.is_valid():
                return self.act(request, token, form)
        except ValidationError as error:
            if "token" in error.error_dict:
                return self._failure(request)
            form.add_error(None, error.messages)
        except RateLimitExceeded as error:
            response = self._message(request, str(error), HTTPStatus.TOO_MANY_REQUESTS)
            response.headers["Retry-After"] = str(error.retry_after)
            return response
        except (RateLimiterUnavailable, TransactionConflict) as error:
            return self._message(request, str(error), HTTPStatus.SERVICE_UNAVAILABLE)
        return self._question(request, token, form)

    def describe(self, token: str) -> dict[str, str] | None:
        """Return headline, text and button of the page; None if the link does not work."""
        raise NotImplementedError

    def act(self, request: HttpRequest, token: str, form: forms.Form) -> HttpResponse:
        """Use the link. Raises ValidationError, on ``token`` if the link does not work."""
        raise NotImplementedError

    def done(self, request: HttpRequest, headline: str, text: str) -> HttpResponse:
        return self._render(request, {"headline": headline, "text": text})

    def _question(self, request: HttpRequest, token: str, form: forms.Form) -> HttpResponse:
        texts = self.describe(token)
        if texts is None:
            return self._failure(request)
        status = HTTPStatus.BAD_REQUEST if form.errors else HTTPStatus.OK
        return self._render(request, {**texts, "form": form}, status)

    def _failure(self, request: HttpRequest) -> HttpResponse:
        [message] = one_time_links.invalid_link().messages
        return self._message(request, message, HTTPStatus.NOT_FOUND)

    def _message(self, request: HttpRequest, text: str, status: HTTPStatus) -> HttpResponse:
        return self._render(request, {"headline": _("That did not work"), "text": text}, status)

    def _render(
        self, request: HttpRequest, texts: dict[str, Any], status: HTTPStatus = HTTPStatus.OK
    ) -> HttpResponse:
        context = {**texts, "clinic": settings.CLINIC_NAME}
        return render(request, TEMPLATE, context, status=status)


class VerifyPage(LinkPage):
    """Verifies an address, or changes the address of an account to it."""

    @override
    def describe(self, token: str) -> dict[str, str] | None:
        link = one_time_links.find_link(token, Purpose.VERIFY, Purpose.CHANGE)
        if link is None:
            return None
        text = _("{address} is the email address of your account from now on.")
        if link.purpose == Purpose.VERIFY:
            text = _("{address} is the email address of your account.")
        return {
            "headline": _("Confirm your email address"),
            "text": text.format(address=link.address),
            "button": _("Confirm the address"),
        }

    @override
    def act(self, request: HttpRequest, token: str, form: forms.Form) -> HttpResponse:
        user = email_verification.use_link(token)
        text = _("{address} is confirmed.").format(address=user.email)
        return self.done(request, _("Thank you"), text)


class StopPage(LinkPage):
    """Stops or undoes a change of the address."""

    @override
    def describe(self, token: str) -> dict[str, str] | None:
        link = one_time_links.find_link(token, Purpose.STOP)
        if link is None:
            return None
        text = _(
            "Your account keeps or gets back the address {address}. All its sessions end, and its "
            "calendar has another URL. You choose a new password next."
        )
        return {
            "headline": _("Stop the change of your email address"),
            "text": text.format(address=link.address),
            "button": _("Stop the change"),
        }

    @override
    def act(self, request: HttpRequest, token: str, form: forms.Form) -> HttpResponse:
        user = email_change.stop(token)
        return HttpResponseRedirect(password_reset.page_for(password_reset.make_token(user)))


class PasswordPage(LinkPage):
    """Base of the pages on which a password is chosen."""

    throttle = Throttle.RESETS_PER_CLIENT
    form_class = PasswordForm

    @override
    def act(self, request: HttpRequest, token: str, form: forms.Form) -> HttpResponse:
        password_reset.reset(token=token, new_password=form.cleaned_data["new_password"])
        text = _("You can sign in with your email address and this password.")
        return self.done(request, _("Your password is saved"), text)


class ResetPage(PasswordPage):
    """Replaces a forgotten password. The path has the two parts of the token."""

    @override
    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        kwargs["token"] = kwargs["token"].replace("/", ".")
        return super().dispatch(request, *args, **kwargs)

    @override
    def describe(self, token: str) -> dict[str, str] | None:
        if password_reset.find_account(token) is None:
            return None
        text = _("All sessions of your account end, and its calendar has another URL.")
        return {
            "headline": _("Choose a new password"),
            "text": text,
            "button": _("Save the password"),
        }


class InvitationPage(PasswordPage):
    """Sets the first password of an invited person."""

    @override
    def describe(self, token: str) -> dict[str, str] | None:
        link = invitations.find(token)
        if link is None:
            return None
        text = _("You sign in with {address} and this password.")
        return {
            "headline": _("Choose a password"),
            "text": text.format(address=link.address),
            "button": _("Save the password"),
        }


urlpatterns: list[URLPattern] = [
    path("verify-email/<str:token>", VerifyPage.as_view(), name=VERIFY_PAGE),
    path("stop-email-change/<str:token>", StopPage.as_view(), name=STOP_PAGE),
    path("reset-password/<path:token>", ResetPage.as_view(), name=RESET_PAGE),
    path("invitation/<str:token>", InvitationPage.as_view(), name=INVITATION_PAGE),
]
