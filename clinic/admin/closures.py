"""Admin of the clinic's closures, with the appointments on their days."""

import datetime as dt
from collections.abc import Collection
from contextlib import suppress
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import Case, Count, F, OuterRef, QuerySet, Subquery, Value, When
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.http import urlencode
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from typing_extensions import override

from clinic import clock
from clinic.admin.attention import AttentionFilter
from clinic.admin.base.audit import NAME_FIELDS, AuditedAdmin
from clinic.admin.base.formats import format_slot
from clinic.admin.base.services import ServiceAdmin, ServiceForm
from clinic.booking import date_exceptions
from clinic.booking.availability import OutsideReason
from clinic.booking.conflicts import open_appointments_from
from clinic.models import Appointment, Closure

# More appointments than this are not listed on the page of a closure.
MAX_LISTED = 100
SHOWN_FIELDS = (*NAME_FIELDS[Appointment], "status")
# The attribute of a closure that the field of its page reads.
LISTED = "admin_appointments"
WHAT_TO_DO = _(
    "Open an appointment to reschedule or cancel it. Leave it as it is if it takes place although "
    "the clinic is closed: a closure changes no appointment, and nobody is notified."
)


class ClosureForm(ServiceForm[Closure]):
    """Name and days."""

    class Meta:
        help_texts = {
            "name": _("Such as “Christmas Day”. Patients see it."),
            "last_day": _("The last day on which the clinic is closed. For one day, the same."),
        }

    @override
    def _post_clean(self) -> None:
        # Without the validation of the model, which the service repeats: Django replaces its
        # message that the last day is before the first one by "Enter a valid date.".
        self.add_save_error()


@admin.register(Closure)
class ClosureAdmin(AuditedAdmin[Closure], ServiceAdmin[Closure]):
    """Closures are added and removed; a wrong one is removed and added again."""

    form = ClosureForm
    list_display = ("name", "first_day", "last_day", "open_appointments")

    @admin.display(description=_("open appointments, from today on"))
    def open_appointments(self, closure: Any) -> int:
        count: int = closure.open_count
        return count

    @admin.display(description=_("open appointments, from today on"))
    def appointments_inside(self, closure: Closure) -> SafeString | str:
        appointments: list[Appointment] = getattr(closure, LISTED, [])
        if not appointments:
            return gettext("None.")
        rows = format_html_join(
            mark_safe("<br>"),
            '<a href="{}">{}</a>: {}',
            (
                (
                    reverse("admin:clinic_appointment_change", args=[appointment.pk]),
                    format_slot(appointment.slot),
                    gettext("{patient} with {doctor}, {status}").format(
                        patient=appointment.patient,
                        doctor=appointment.doctor,
                        status=appointment.get_status_display().lower(),
                    ),
                )
                for appointment in appointments
            ),
        )
        return format_html(
            '<p>{}</p><p>{}</p><p><a href="{}">{}</a></p>',
            WHAT_TO_DO,
            rows,
            appointment_list_url(closure, clock.today()),
            gettext("Show them in the list of appointments, to change several at once"),
        )

    @override
    def get_queryset(self, request: HttpRequest) -> QuerySet[Closure]:
        counted = (
            open_appointments_from(clock.today())
            .filter(date__range=(OuterRef("first_day"), OuterRef("last_day")))
            .order_by()
            # Without a column to group by, the subquery would count within each appointment.
            .annotate(group=Value(1))
            .values("group")
            .annotate(count=Count("pk"))
            .values("count")
        )
        count = Coalesce(Subquery(counted), 0)
        return super().get_queryset(request).annotate(open_count=count)

    @override
    def get_ordering(self, request: HttpRequest) -> Any:
        """Return the order: those that have not ended by first day, then past ones."""
        is_past = Case(When(last_day__lt=clock.today(), then=1), default=0)
        return (is_past.asc(), F("first_day").asc(), "pk")

    @override
    def get_fieldsets(self, request: HttpRequest, obj: Closure | None = None) -> Any:
        fields: tuple[str, ...] = ("name", "first_day", "last_day")
        if obj is not None and _can_view_appointments(request):
            fields = (*fields, "appointments_inside")
        return [(None, {"fields": fields})]

    @override
    def get_readonly_fields(self, request: HttpRequest, obj: Closure | None = None) -> Any:
        return ("appointments_inside",)

    @override
    def has_change_permission(self, request: HttpRequest, obj: Closure | None = None) -> bool:
        return False

    @override
    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        closure = context["original"]
        if closure is not None and _can_view_appointments(request):
            inside = _upcoming_inside(closure, clock.today()).with_people()
            listed = list(inside[:MAX_LISTED])
            setattr(closure, LISTED, listed)
            self.record_shown(request, listed, SHOWN_FIELDS)
        return super().render_change_form(request, context, *args, **kwargs)

    @override
    def save_model(self, request: HttpRequest, obj: Closure, form: Any, change: bool) -> None:
        data = form.cleaned_data
        closure = date_exceptions.add_closure(
            name=data["name"],
            first_day=data["first_day"],
            last_day=data["last_day"],
            now=clock.now(),
        )
        # Django's log entry and success message use obj.
        obj.pk = closure.pk
        obj.refresh_from_db()
        today = clock.today()
        if count := _upcoming_inside(closure, today).count():
            self.message_user(request, _warning(closure, count, today), messages.WARNING)

    @override
    def delete_model(self, request: HttpRequest, obj: Closure) -> None:
        # not_found: someone else has removed it in the meantime.
        with suppress(ValidationError):
            date_exceptions.remove_closure(obj.pk)

    @override
    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Closure]) -> None:
        for closure in queryset:
            self.delete_model(request, closure)


def appointment_list_url(closure: Closure, today: dt.date) -> str:
    """Return the URL of the list of appointments, filtered to those on a closure."""
    query = urlencode(
        {
            AttentionFilter.parameter_name: OutsideReason.CLOSURE.value,
            "date__gte": max(closure.first_day, today).isoformat(),
            "date__lte": closure.last_day.isoformat(),
        }
    )
    return f"{reverse('admin:clinic_appointment_changelist')}?{query}"


def _upcoming_inside(closure: Closure, today: dt.date) -> Any:
    """Return the open appointments on the days of a closure, from ``today`` on."""
    return date_exceptions.open_appointments_in([closure]).filter(date__gte=today)


def _can_view_appointments(request: HttpRequest) -> bool:
    user: Any = request.user
    codenames: Collection[str] = ("clinic.view_appointment", "clinic.change_appointment")
    return any(user.has_perm(codename) for codename in codenames)


def _warning(closure: Closure, count: int, today: dt.date) -> SafeString:
    text = ngettext(
        "{count} open appointment is on a day of this closure. It is not changed: reschedule or "
        "cancel it, or leave it.",
        "{count} open appointments are on a day of this closure. They are not changed: reschedule "
        "or cancel each of them, or leave it.",
        count,
    ).format(count=count)
    link = ngettext("Show it", "Show them", count)
    return format_html('{} <a href="{}">{}</a>', text, appointment_list_url(closure, today), link)
