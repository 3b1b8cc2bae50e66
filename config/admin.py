"""The admin site of the project, ``django.contrib.admin.site``."""

from http import HTTPStatus
from typing import Any, cast
from urllib.parse import urlsplit

from django.contrib import admin
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import Resolver404, resolve, reverse
from django.utils.translation import gettext_lazy as _
from typing_extensions import override

from users.admin.login import LoginForm


def _is_page(url: str) -> bool:
    """Return whether the URL leads to a page of this server, as far as its routes tell."""
    try:
        match = resolve(urlsplit(url).path)
    except Resolver404:
        return False
    return match.url_name is not None  # the admin's answer to unknown pages has no name


class ClinicAdminSite(admin.AdminSite):
    """Django's site with our login form and an audited autocompletion."""

    site_header = site_title = "CyberMed"
    index_title = _("Clinic administration")
    site_url = None  # no "View site" link: "/" is GraphiQL, which is for developers
    login_form = LoginForm

    @override
    def login(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        response = super().login(request, extra_context)
        form = (getattr(response, "context_data", None) or {}).get("form")
        if isinstance(form, LoginForm) and form.retry_after is not None:
            response.status_code = HTTPStatus.TOO_MANY_REQUESTS
            response["Retry-After"] = str(form.retry_after)
        if isinstance(response, HttpResponseRedirect) and not _is_page(response.url):
            return HttpResponseRedirect(reverse("admin:index"))
        return response

    @override
    def autocomplete_view(self, request: HttpRequest) -> HttpResponse:
        # clinic.admin registers its pages at this site when it is imported, so it can only be
        # imported once the site exists.
        from clinic.admin.base.audit import AuditedAutocompleteView  # noqa: PLC0415

        view = AuditedAutocompleteView.as_view(admin_site=self)
        return cast("HttpResponse", view(request))
