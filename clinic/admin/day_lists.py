"""The lists that reception works through during a day, and the bar that links to them.

Each is a filtered list of the admin. A count is that of the list which the link opens.
"""

import datetime as dt
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from django.contrib import admin, messages
from django.contrib.admin.views.main import ChangeList
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from typing_extensions import override

from clinic import clock
from clinic.admin.attention import ABSENCE, AttentionFilter, with_chosen_conflicts
from clinic.admin.base.generics import ModelAdmin
from clinic.admin.base.services import request_user
from clinic.booking.lapses import unanswered_requests
from clinic.models import Appointment, Notification, Status

WAITING, REQUESTS, LAPSING = "waiting", "requests", "lapsing"
PARAMETER = "list"
LABELS = {
    WAITING: _("Waiting room"),
    REQUESTS: _("Requests to confirm"),
    LAPSING: _("Requests that lapse today"),
}
WHAT_TO_DO = {
    WAITING: _("These patients have arrived and wait, the first one first."),
    REQUESTS: _("Nobody has answered these requests. Confirm or cancel each of them."),
    LAPSING: _("These requests are cancelled at the end of today unless somebody confirms them."),
}
EMPTY = {
    WAITING: _("Nobody is waiting."),
    REQUESTS: _("All requests are answered."),
    LAPSING: _("No request lapses at the end of today."),
}


def waiting_room(appointments: QuerySet[Appointment], today: dt.date) -> QuerySet[Appointment]:
    """Return the appointments of ``today`` whose patients have arrived and wait."""
    return appointments.filter(date=today, status=Status.CONFIRMED, arrived_at__isnull=False)


def requests_to_confirm(
    appointments: QuerySet[Appointment], today: dt.date
) -> QuerySet[Appointment]:
    """Return the requests of ``today`` and later that nobody has answered."""
    return appointments.filter(date__gte=today, status=Status.PENDING)


def lapsing_soon(appointments: QuerySet[Appointment], today: dt.date) -> QuerySet[Appointment]:
    """Return the requests that lapse at the end of ``today``, or are due to lapse already."""
    end_of_today = dt.datetime.combine(today + dt.timedelta(days=1), dt.time(), clock.zone())
    return appointments.filter(pk__in=[row.pk for row in unanswered_requests(end_of_today)])


SELECTIONS: dict[str, Callable[[QuerySet[Appointment], dt.date], QuerySet[Appointment]]] = {
    WAITING: waiting_room,
    REQUESTS: requests_to_confirm,
    LAPSING: lapsing_soon,
}


class DayList(NamedTuple):
    """A list, the URL that opens it, and how many rows it has."""

    label: str | Promise
    url: str
    number: int


def day_lists(request: HttpRequest) -> list[DayList]:
    """Return the lists that the member of staff can view. The number of queries is constant."""
    user, lists = request_user(request), []
    if user.has_perm("clinic.view_appointment"):
        lists += _appointment_lists()
    if user.has_perm("clinic.view_notification"):
        url = f"{reverse('admin:clinic_notification_changelist')}?state=failed"
        failed = Notification.objects.waiting().filter(failures__gt=0).count()
        lists.append(DayList(_("Emails that failed"), url, failed))
    return lists


def _appointment_lists() -> list[DayList]:
    url, today = reverse("admin:clinic_appointment_changelist"), clock.today()
    appointments: QuerySet[Appointment] = Appointment.objects.all()
    conflicts = with_chosen_conflicts(appointments, ABSENCE)
    return [
        *(
            DayList(label, f"{url}?{PARAMETER}={key}", SELECTIONS[key](appointments, today).count())
            for key, label in LABELS.items()
        ),
        DayList(
            _("During time off or a closure"),
            f"{url}?{AttentionFilter.parameter_name}={ABSENCE}",
            conflicts.count(),
        ),
    ]


class DayListFilter(admin.SimpleListFilter):
    """The lists of appointments for the day."""

    title = _("list for the day")
    parameter_name = PARAMETER

    @override
    def lookups(self, request: HttpRequest, model_admin: object) -> Sequence[tuple[str, Any]]:
        return tuple(LABELS.items())

    @override
    def queryset(
        self, request: HttpRequest, queryset: QuerySet[Appointment]
    ) -> QuerySet[Appointment]:
        select = SELECTIONS.get(self.value() or "")
        return select(queryset, clock.today()) if select else queryset


class DayListMixin(ModelAdmin[Appointment]):
    """Adds ``DayListFilter``, the order of each list, and how long patients have waited."""

    @admin.display(description=_("waiting"), ordering="arrived_at")
    def waiting(self, appointment: Appointment) -> str:
        if appointment.arrived_at is None:
            return ""
        minutes = (clock.now() - appointment.arrived_at) // dt.timedelta(minutes=1)
        return ngettext("{count} minute", "{count} minutes", minutes).format(count=minutes)

    @override
    def get_list_filter(self, request: HttpRequest) -> Any:
        return (DayListFilter, *super().get_list_filter(request))

    @override
    def get_list_display(self, request: HttpRequest) -> Any:
        first, *others = super().get_list_display(request)
        return (first, "waiting", *others) if _chosen(request) == WAITING else (first, *others)

    @override
    def get_ordering(self, request: HttpRequest) -> Any:
        """Return the order: the waiting room by arrival, what is to be done by its start."""
        if _chosen(request) == WAITING:
            return ("arrived_at", "pk")
        if _chosen(request) in WHAT_TO_DO or AttentionFilter.parameter_name in request.GET:
            return ("date", "time", "pk")
        return super().get_ordering(request)

    @override
    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        chosen = _chosen(request)
        if request.method == "GET" and chosen in WHAT_TO_DO:
            messages.info(request, WHAT_TO_DO[chosen])
        response = super().changelist_view(request, extra_context)
        context = getattr(response, "context_data", None) or {}
        if isinstance(changelist := context.get("cl"), ChangeList) and not changelist.result_count:
            is_only_filter = list(changelist.get_filters_params()) == [PARAMETER]
            context["empty_text"] = (
                EMPTY[chosen]
                if chosen in EMPTY and is_only_filter
                else gettext("No appointment matches.")
            )
        return response


def _chosen(request: HttpRequest) -> str:
    return request.GET.get(PARAMETER, "")
