"""The page of the calendar, its feeds and its actions, as part of the admin of appointments."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied
from django.db import OperationalError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotModified, JsonResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext
from django.views.decorators.http import require_GET, require_POST
from typing_extensions import override

from clinic import clock
from clinic.admin.base.audit import AuditedAdmin
from clinic.admin.base.services import SERVICE_ERRORS, request_user
from clinic.admin.calendar import actions, booking, changes, feeds, page
from clinic.admin.calendar.access import can_book, can_change, can_register, can_use_calendar
from clinic.admin.calendar.errors import describe_error
from clinic.admin.calendar.panel import APPOINTMENT_FIELDS, CONTACT_FIELDS, load_panel
from clinic.admin.calendar.patients import FOUND_FIELDS, describe_patient, find_patients
from clinic.admin.calendar.periods import parse_numbers, parse_period
from clinic.booking.offered_time import load_closures
from clinic.errors import OutsideWorkingTime, PossibleDuplicate, SlotUnavailable
from clinic.models import Appointment, Patient
from clinic.models.patient import VIEW_PATIENT
from clinic.rules import Action
from users.authentication.admin_sessions import not_counted_as_use
from users.common.transactions import TransactionConflict, is_contention
from users.models import User

PANEL_ACTIONS = (*actions.SERVICES, Action.CANCEL)
View = Callable[..., HttpResponse]


class CalendarMixin(AuditedAdmin[Appointment]):
    """Adds the calendar. Its users see what the API shows them, in the admin without rights too."""

    @override
    def get_urls(self) -> list[URLPattern]:
        get: list[tuple[str, str, View]] = [
            ("", "", self.calendar_view),
            ("feed/", "_feed", self.feed_view),
            ("month/", "_month", self.month_view),
            ("patients/", "_patients", self.patients_view),
            ("<int:appointment_id>/", "_panel", self.panel_view),
            ("changes/", "_changes", self.changes_view),
        ]
        post: list[tuple[str, str, View]] = [
            ("book/", "_book", self.book_view),
            ("<int:appointment_id>/move/", "_move", self.move_view),
            ("<int:appointment_id>/<slug:action>/", "_action", self.action_view),
        ]
        routes = [
            path(
                f"calendar/{route}",
                self._calendar_page(view, method),
                name=f"clinic_calendar{name}",
            )
            for method, views in ((require_GET, get), (require_POST, post))
            for route, name, view in views
        ]
        return [*routes, *super().get_urls()]

    def _calendar_page(self, view: View, method: Callable[[View], View]) -> View:
        """Return a view of the calendar for those who can use it, past the second factor."""

        def checked(request: HttpRequest, **arguments: Any) -> HttpResponse:
            if not can_use_calendar(request_user(request)):
                raise PermissionDenied
            return method(view)(request, **arguments)

        admin_view: View = self.admin_site.admin_view(checked)
        # Otherwise a page that is left open would keep its session alive.
        return not_counted_as_use(admin_view) if view == self.changes_view else admin_view

    def calendar_view(self, request: HttpRequest) -> HttpResponse:
        """Show the page, which loads the appointments itself."""
        user = request_user(request)
        context = {
            **self.admin_site.each_context(request),
            "title": gettext("Calendar"),
            "opts": self.opts,
            "page": page.page_data(user),
            "legend": page.legend(),
            "can_print": self.has_view_or_change_permission(request),
        }
        return TemplateResponse(request, "admin/clinic/calendar/page.html", context)

    def feed_view(self, request: HttpRequest) -> HttpResponse:
        """Answer the appointments of a period; without ``ids`` also when doctors do not work.

        Cancelled ones are left out, unless the parameter ``cancelled`` is set.
        """
        user = request_user(request)
        period, data = parse_period(request.GET, user)
        only = parse_numbers(data["ids"]) if "ids" in request.GET else None
        # Read first: a change between the two queries is then reported once more.
        position = changes.position_of(period) if only is None else {}
        appointments = feeds.load_appointments(user, period, only, with_cancelled=data["cancelled"])
        self.record_shown(request, appointments, feeds.SHOWN_FIELDS)
        feed: dict[str, Any] = {
            "appointments": [feeds.describe_appointment(row) for row in appointments]
        }
        if only is None:
            unavailable = feeds.describe_unavailable(period)
            version = changes.version_of(unavailable)
            feed |= {**position, "unavailable": unavailable, "availability": version}
        return JsonResponse(feed)

    def month_view(self, request: HttpRequest) -> HttpResponse:
        """Answer how many appointments each date of a period has, and the closures."""
        user = request_user(request)
        period, _data = parse_period(request.GET, user)
        closures = load_closures(period.dates)
        return JsonResponse(
            {
                **changes.position_of(period),
                "days": feeds.count_by_day(user, period),
                "closures": {f"{date}": name for date, name in closures.items()},
            }
        )

    def changes_view(self, request: HttpRequest) -> HttpResponse:
        """Answer what has changed since ``after``; without a body if nothing has."""
        period, data = parse_period(request.GET, request_user(request))
        answer = changes.changes_since(period, data["after"] or 0)
        if data["availability"]:
            answer["availability"] = changes.availability_version(period)
        etag = f'"{changes.version_of(answer)}"'
        if request.headers.get("If-None-Match") == etag:
            return HttpResponseNotModified(headers={"ETag": etag})
        return JsonResponse(answer, headers={"ETag": etag})

    def patients_view(self, request: HttpRequest) -> HttpResponse:
        """Answer the patients whom a search text finds."""
        if not can_book(request_user(request)):
            raise PermissionDenied
        admin = self.admin_site.get_model_admin(Patient)
        text = request.GET.get("q", "")[:200]
        found = find_patients(admin, request, request_user(request), text)
        self.record_shown(request, found, FOUND_FIELDS)
        return JsonResponse({"patients": [describe_patient(patient) for patient in found]})

    def panel_view(self, request: HttpRequest, appointment_id: int) -> HttpResponse:
        """Answer the panel of an appointment, as HTML."""
        user = request_user(request)
        panel = load_panel(user, appointment_id, clock.now())
        if panel is None:
            raise Http404
        if panel.patient is None:
            self.record_shown(request, [panel.appointment], feeds.SHOWN_FIELDS)
        else:
            self.record_shown(request, [panel.appointment], APPOINTMENT_FIELDS)
            self.record_shown(request, [panel.patient], CONTACT_FIELDS)
        context = {"panel": panel, "can_open": self.has_view_permission(request)}
        return TemplateResponse(request, "admin/clinic/calendar/panel.html", context)

    def book_view(self, request: HttpRequest) -> HttpResponse:
        """Book an appointment, and register the caller if no patient is chosen."""
        user = request_user(request)
        is_caller = not request.POST.get("patient")
        if not can_book(user) or (is_caller and not can_register(user)):
            raise PermissionDenied

        def carry_out(form: forms.Form) -> Appointment:
            appointment, is_new = booking.book(user, form.cleaned_data, clock.now())
            if is_new:
                # The log accepts rows of every model.
                self.log_addition(request, appointment.patient, [{"added": {}}])  # type: ignore[arg-type]
            self.log_addition(request, appointment, [{"added": {}}])
            return appointment

        return self._answer(request, booking.BookingForm(request.POST), carry_out)

    def move_view(self, request: HttpRequest, appointment_id: int) -> HttpResponse:
        """Move an appointment to another time, or also to another doctor."""
        user = self._changing_user(request)

        def carry_out(form: forms.Form) -> Appointment:
            moved = actions.move(user, appointment_id, form.cleaned_data, clock.now())
            self.log_change(request, moved, [{"changed": {"fields": ["date", "time", "doctor"]}}])
            return moved

        return self._answer(request, actions.MoveForm(request.POST), carry_out)

    def action_view(self, request: HttpRequest, appointment_id: int, action: str) -> HttpResponse:
        """Confirm, complete or cancel an appointment, or record an arrival or a no-show."""
        user = self._changing_user(request)
        if action not in PANEL_ACTIONS:
            raise Http404
        chosen = Action(action)

        def carry_out(form: forms.Form) -> Appointment:
            reason = form.cleaned_data["reason"]
            changed = actions.change_status(chosen, user, appointment_id, clock.now(), reason)
            field = actions.CHANGED_FIELDS.get(chosen, "status")
            self.log_change(request, changed, [{"changed": {"fields": [field]}}])
            return changed

        return self._answer(request, actions.CancelForm(request.POST), carry_out)

    def _changing_user(self, request: HttpRequest) -> User:
        user = request_user(request)
        if not can_change(user):
            raise PermissionDenied
        return user

    def _answer(
        self,
        request: HttpRequest,
        form: forms.Form,
        carry_out: Callable[[forms.Form], Appointment],
    ) -> HttpResponse:
        """Carry out an action, and answer the appointment or the errors.

        Errors have the status 200, as those of the API: browsers report other ones as faults.
        """
        if not form.is_valid():
            problem = forms.ValidationError(dict(form.errors.as_data()))
            return JsonResponse(describe_error(problem, can_view_patients=False))
        try:
            appointment = carry_out(form)
        except OperationalError as error:
            if not is_contention(error):
                raise
            return self._reject(request, TransactionConflict())
        except SERVICE_ERRORS as error:
            return self._reject(request, error)
        return JsonResponse({"appointment": appointment.pk})

    def _reject(self, request: HttpRequest, error: Exception) -> HttpResponse:
        can_view = request_user(request).has_perm(VIEW_PATIENT)
        if isinstance(error, SlotUnavailable | OutsideWorkingTime):
            # The error shows when the patient has other appointments.
            patients = Patient.objects.filter(pk=error.patient_id)
            self.record_shown(request, patients, ("free_times",))
        if isinstance(error, PossibleDuplicate) and can_view:
            known = [person.patient_id for person in error.people if person.patient_id]
            self.record_shown(
                request, Patient.objects.filter(pk__in=known), ("date_of_birth", "name")
            )
        return JsonResponse(describe_error(error, can_view_patients=can_view))
