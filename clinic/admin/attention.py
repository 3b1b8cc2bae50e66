"""Appointments that need attention, because their doctor does not work at their time."""

from collections.abc import Sequence
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.views.main import ChangeList
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _
from typing_extensions import override

from clinic import clock
from clinic.admin.base.generics import ModelAdmin
from clinic.booking.availability import Outside, OutsideReason
from clinic.booking.conflicts import conflicts_among, with_conflicts
from clinic.booking.placement import describe_outside
from clinic.models import Appointment

WHAT_TO_DO = _(
    "The doctor does not work at these times. Reschedule or cancel each appointment, or leave it "
    "as it is if it takes place all the same."
)
# The value of the filter for closures and time off, the reasons that staff entered themselves.
ABSENCE = "absence"
REASONS = {
    "any": tuple(OutsideReason),
    ABSENCE: (OutsideReason.CLOSURE, OutsideReason.TIME_OFF),
    **{reason.value: (reason,) for reason in OutsideReason},
}
# The attribute of the listed appointments that the column reads.
PROBLEM = "admin_problem"


def with_chosen_conflicts(appointments: QuerySet[Appointment], value: str) -> QuerySet[Appointment]:
    """Return those of the appointments that the filter finds with this value."""
    return with_conflicts(appointments, clock.today(), REASONS[value])


class AttentionFilter(admin.SimpleListFilter):
    """Open appointments from today on at times at which their doctor does not work."""

    title = _("what needs attention")
    parameter_name = "attention"

    @override
    def lookups(self, request: HttpRequest, model_admin: object) -> Sequence[tuple[str, Any]]:
        return (
            ("any", _("Not in the doctor's working time")),
            (ABSENCE, _("During time off or a closure")),
            (OutsideReason.CLOSURE, _("On a closure")),
            (OutsideReason.TIME_OFF, _("During time off")),
            (OutsideReason.HOURS, _("Outside hours")),
        )

    @override
    def queryset(
        self, request: HttpRequest, queryset: QuerySet[Appointment]
    ) -> QuerySet[Appointment]:
        value = self.value() or ""
        return with_chosen_conflicts(queryset, value) if value in REASONS else queryset


class AttentionMixin(ModelAdmin[Appointment]):
    """Adds ``AttentionFilter`` and, while it is used, a column with the problem."""

    @admin.display(description=_("problem"))
    def problem(self, appointment: Appointment) -> str:
        outside: Outside | None = getattr(appointment, PROBLEM, None)
        return describe_outside(outside) if outside else ""

    @override
    def get_list_filter(self, request: HttpRequest) -> Any:
        return (AttentionFilter, *super().get_list_filter(request))

    @override
    def get_list_display(self, request: HttpRequest) -> Any:
        first, *others = super().get_list_display(request)
        # Not as the last column, which is outside of a narrow window.
        return (first, "problem", *others) if _is_filtered(request) else (first, *others)

    @override
    def get_changelist_instance(self, request: HttpRequest) -> ChangeList:
        changelist = super().get_changelist_instance(request)
        if _is_filtered(request):
            shown = list(changelist.result_list)
            conflicts = conflicts_among(shown)
            for appointment in shown:
                setattr(appointment, PROBLEM, conflicts.get(appointment.pk))
            changelist.result_list = shown
        return changelist

    @override
    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if request.method == "GET" and _is_filtered(request):
            messages.info(request, WHAT_TO_DO)
        return super().changelist_view(request, extra_context)


def _is_filtered(request: HttpRequest) -> bool:
    return AttentionFilter.parameter_name in request.GET
