"""The admin site of the project, ``django.contrib.admin.site``."""

from http import HTTPStatus
from typing import Any, cast
from urllib.parse import urlencode, urlsplit

from django.contrib import admin, messages
from django.contrib.auth.views import PasswordChangeView
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import Resolver404, URLPattern, URLResolver, path, resolve, reverse
from django.utils.decorators import method_decorator
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_protect
from typing_extensions import override

from users.admin import second_factor
from users.admin.login import LoginForm, PasswordChangeForm
from users.authentication import second_factor as factor
from users.models import AddressConflict, User


def _local_page(request: HttpRequest, url: str) -> str:
    """Return ``url`` if it matches a route of this server, otherwise the admin's first page."""
    index = reverse("admin:index")
    if not url_has_allowed_host_and_scheme(url, {request.get_host()}):
        return index
    try:
        match = resolve(urlsplit(url).path)
    except Resolver404:
        return index
    # The admin's answer to unknown pages has no name.
    return url if match.url_name is not None else index


class ClinicAdminSite(admin.AdminSite):
    """Django's site with our login form and an audited autocompletion."""

    site_header = site_title = "CyberMed"
    index_title = _("Clinic administration")
    site_url = None  # no "View site" link: "/" is GraphiQL, which is for developers
    # Extends Django's page by the lists for the day, and by what staff without permissions can do.
    index_template = "admin/clinic/index.html"
    login_form = LoginForm

    @override
    def login(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        user = request.user
        if request.method == "GET" and isinstance(user, User) and super().has_permission(request):
            # Signed in: to the page, or to the second factor that the session still lacks.
            return self._redirect(request, request.GET.get("next", ""))
        response = super().login(request, extra_context)
        form = (getattr(response, "context_data", None) or {}).get("form")
        if isinstance(form, LoginForm) and form.retry_after is not None:
            response.status_code = HTTPStatus.TOO_MANY_REQUESTS
            response["Retry-After"] = str(form.retry_after)
        if not isinstance(response, HttpResponseRedirect):
            return response
        if isinstance(request.user, User):
            second_factor.start_session(request, request.user)
        return self._redirect(request, response.url)

    def _redirect(self, request: HttpRequest, following: str) -> HttpResponse:
        """Redirect a signed-in member of staff to a page, or first to the second factor."""
        target = _local_page(request, following)
        if self.has_permission(request):
            return HttpResponseRedirect(target)
        query = urlencode({"next": target})
        return HttpResponseRedirect(f"{reverse('admin:second_factor')}?{query}")

    def first_page(self, request: HttpRequest) -> HttpResponse:
        """Redirect to the calendar those who can use it; show all records to the others."""
        # Imported here for the same reason as in autocomplete_view().
        from clinic.admin.calendar.access import can_use_calendar  # noqa: PLC0415

        if can_use_calendar(cast("User", request.user)):
            self._warn_of_conflicts(request)
            return HttpResponseRedirect(reverse("admin:clinic_calendar"))
        return self.index(request)

    @override
    def index(self, request: HttpRequest, extra_context: Any = None) -> TemplateResponse:
        self._warn_of_conflicts(request)
        return super().index(request, extra_context)

    def _warn_of_conflicts(self, request: HttpRequest) -> None:
        can_view = request.user.has_perm("users.view_addressconflict")
        if can_view and (count := AddressConflict.objects.count()):
            messages.warning(
                request,
                ngettext(
                    "{count} person was invited with an email address that another account has.",
                    "{count} people were invited with email addresses that other accounts have.",
                    count,
                ).format(count=count),
            )

    @override
    def has_permission(self, request: HttpRequest) -> bool:
        """Return whether the request has access to the admin: staff, past the second factor."""
        user = request.user
        return (
            super().has_permission(request)
            and isinstance(user, User)
            and second_factor.has_access(request, user)
        )

    @override
    def get_urls(self) -> list[URLPattern | URLResolver]:
        # Not wrapped by admin_view(), which rejects users who have no access to the admin yet.
        # Django's own route of "logout/" would redirect them to the second factor.
        return [
            # Before Django's route of "", which would show all records.
            path("", self.admin_view(self.first_page), name="index"),
            path("records/", self.admin_view(self.index), name="records"),
            path("second-factor/", never_cache(self.second_factor_view), name="second_factor"),
            path("logout/", self.logout, name="logout"),
            *super().get_urls(),
        ]

    @method_decorator(csrf_protect)
    def second_factor_view(self, request: HttpRequest) -> HttpResponse:
        """Ask for a code, or set up the second factor of an account that has none yet."""
        user = request.user
        if not (isinstance(user, User) and user.is_active and user.is_staff):
            return HttpResponseRedirect(reverse("admin:login"))
        target = _local_page(request, request.GET.get("next", ""))
        if self.has_permission(request):
            return HttpResponseRedirect(target)
        is_enrolled = factor.is_enabled(user)
        form_class = second_factor.CodeForm if is_enrolled else second_factor.EnrolmentForm
        form = form_class(request, user, *([request.POST] if request.method == "POST" else []))
        context: dict[str, Any] = {"title": _("Second factor"), "form": form, "target": target}
        if request.method == "POST" and form.is_valid():
            second_factor.complete_session(request)
            if not isinstance(form, second_factor.EnrolmentForm):
                return HttpResponseRedirect(target)
            context["recovery_codes"] = form.recovery_codes
        elif not is_enrolled:
            enrolment = second_factor.session_enrolment(request, user)
            context |= {"enrolment": enrolment, "qr_code": second_factor.qr_code(enrolment)}
        context = {**self.each_context(request), **context}
        return TemplateResponse(request, "admin/second_factor.html", context)

    @override
    def password_change(  # type: ignore[override]  # the stubs forget the redirect
        self, request: HttpRequest, extra_context: Any = None
    ) -> HttpResponse:
        """Show Django's page with our form. Django's site has no setting for the form."""
        view = PasswordChangeView.as_view(
            form_class=PasswordChangeForm,
            success_url=reverse("admin:password_change_done"),
            extra_context={**self.each_context(request), **(extra_context or {})},
        )
        return cast("HttpResponse", view(request))

    @override
    def autocomplete_view(self, request: HttpRequest) -> HttpResponse:
        # clinic.admin registers its pages at this site when it is imported, so it can only be
        # imported once the site exists.
        from clinic.admin.base.autocomplete import AuditedAutocompleteView  # noqa: PLC0415

        view = AuditedAutocompleteView.as_view(admin_site=self)
        return cast("HttpResponse", view(request))
