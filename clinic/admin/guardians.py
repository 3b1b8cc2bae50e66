"""Admin of guardians: which rights to act for a patient are to be ended."""

from collections.abc import Sequence
from typing import Any, cast

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db.models import QuerySet
from django.http import HttpRequest
from django.template.response import TemplateResponse
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from typing_extensions import override

from clinic import clock, guardians
from clinic.admin.base.audit import AuditedAdmin
from clinic.admin.base.read_only import ReadOnlyAdmin
from clinic.admin.base.services import SERVICE_ERRORS, as_form_error, request_user
from clinic.models import Guardian
from clinic.models.guardian import GuardianQuerySet


class OfAgeFilter(admin.SimpleListFilter):
    """Parents and legal guardians of patients who are of age."""

    title = _("what needs attention")
    parameter_name = "attention"

    @override
    def lookups(self, request: HttpRequest, model_admin: object) -> Sequence[tuple[str, Any]]:
        return (("of_age", _("Right to be ended: the patient is of age")),)

    @override
    def queryset(self, request: HttpRequest, queryset: QuerySet[Guardian]) -> QuerySet[Guardian]:
        if self.value() == "of_age":
            return cast("GuardianQuerySet", queryset).ending_with_age(clock.today())
        return queryset


@admin.register(Guardian)
class GuardianAdmin(AuditedAdmin[Guardian], ReadOnlyAdmin[Guardian]):
    """Guardians are added and removed on the page of the patient. Here their right is ended."""

    list_display = ("patient", "date_of_birth", "user", "relationship", "age_notified_at")
    list_filter = (OfAgeFilter, "relationship")
    list_select_related = ("patient__user", "user__patient")
    ordering = ("patient__user__last_name_folded", "patient__user__first_name_folded", "pk")
    search_fields = (
        *("patient__user__first_name_folded", "patient__user__last_name_folded"),
        *("user__first_name_folded", "user__last_name_folded"),
    )
    search_help_text = _("Name of the patient or the guardian")
    actions = ("end",)

    @admin.display(description=_("date of birth"), ordering="patient__date_of_birth")
    def date_of_birth(self, guardian: Guardian) -> Any:
        return guardian.patient.date_of_birth

    def has_end_permission(self, request: HttpRequest) -> bool:
        """Return whether the user can run the action; Django calls it by this name."""
        return request_user(request).has_perm("clinic.delete_guardian")

    @admin.action(description=_("End the right to act …"), permissions=["end"])
    def end(self, request: HttpRequest, selected: QuerySet[Guardian]) -> TemplateResponse | None:
        """Ask, and then end the right of each selected guardian in its own transaction."""
        chosen = list(selected.select_related(*self.list_select_related))
        if "confirmed" in request.POST:
            self._end_all(request, chosen)
            return None
        self.record_named(request, chosen)
        context = {
            **self.admin_site.each_context(request),
            "title": gettext("End the right to act"),
            "opts": self.opts,
            "guardians": chosen,
            "action_checkbox_name": ACTION_CHECKBOX_NAME,
        }
        return TemplateResponse(request, "admin/clinic/guardian/end.html", context)

    def _end_all(self, request: HttpRequest, chosen: Sequence[Guardian]) -> None:
        ended = 0
        for guardian in chosen:
            try:
                guardians.end_guardian(guardian, clock.now())
            except SERVICE_ERRORS as error:
                reason = " ".join(as_form_error(error).messages)
                text = f"{guardian.patient}, {guardian}: {reason}"
                self.record_named(request, [guardian])
                self.message_user(request, text, messages.ERROR)
            else:
                self.log_change(request, guardian, [{"changed": {"fields": ["relationship"]}}])
                ended += 1
        if ended:
            message = ngettext("{count} right ended.", "{count} rights ended.", ended)
            self.message_user(request, message.format(count=ended), messages.SUCCESS)
