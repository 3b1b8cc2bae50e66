"""The audit at the desk."""

from collections.abc import Collection, Iterable
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from typing_extensions import override

from clinic.admin.base.audit import AuditedAdmin
from clinic.admin.base.read_only import ReadOnlyAdmin
from clinic.models import AccessRecord, Patient
from users.admin.request_checks import LenientChangeList

NAMES_IN_LIST = 3
# Each patient whom a search finds is looked for in the lists of patients by itself.
MOST_SEARCHED = 50
TOO_MANY = "More than {} patients match. Shown is who looked at the first {}."


class AccessList(LenientChangeList):
    @override
    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        ids = {patient for record in self.result_list for patient in _in_list(record)}
        names = _names_of(ids)
        for record in self.result_list:
            shown = [names[patient] for patient in _in_list(record)]
            if more := len(record.patients) - len(shown):
                shown.append(f"and {more} more")
            vars(record)["shown"] = ", ".join(shown)


@admin.register(AccessRecord)
class AccessRecordAdmin(AuditedAdmin[AccessRecord], ReadOnlyAdmin[AccessRecord]):
    """To be searched, and not to be touched. A look at it is one at its patients, and noted."""

    list_display = ("at", "actor", "action", "named_patients", "operation", "address")
    fields = (
        *("at", "actor", "action", "named_patients", "fields", "operation"),
        *("address", "request_id"),
    )
    # No date_hierarchy: for a moment, MariaDB would need time zone tables of its own.
    list_filter = ("at", "action")
    list_select_related = ("actor",)
    list_per_page = 50
    show_full_result_count = False
    # Of the actor; a patient is found as on the patients' own page.
    search_fields = (
        "actor__first_name",
        "actor__last_name",
        "actor__email",
        "address",
        "request_id",
    )
    search_help_text = "Name or e-mail address of either, address, or request id"

    @override
    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[AccessList]:
        return AccessList

    @override
    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[AccessRecord], search_term: str
    ) -> tuple[QuerySet[AccessRecord], bool]:
        found, may_repeat = super().get_search_results(request, queryset, search_term)
        if not search_term.strip():
            return found, may_repeat
        page = self.admin_site.get_model_admin(Patient)
        patients, _ = page.get_search_results(request, Patient.objects.order_by("pk"), search_term)
        named = list(patients.values_list("pk", flat=True)[: MOST_SEARCHED + 1])
        if len(named) > MOST_SEARCHED:
            self.message_user(
                request, TOO_MANY.format(MOST_SEARCHED, MOST_SEARCHED), messages.WARNING
            )
        if named:
            found |= AccessRecord.objects.about(named[:MOST_SEARCHED])
        return found, may_repeat

    @override
    def patients_in_list(self, row: AccessRecord) -> Collection[int]:
        return _in_list(row)

    @admin.display(description="patients")
    def named_patients(self, record: AccessRecord) -> str:
        """All of them on a record's own page, the first of them in the list."""
        shown: str | None = vars(record).get("shown")
        return shown or ", ".join(sorted(_names_of(record.patients).values()))


def _in_list(record: AccessRecord) -> list[int]:
    ids: list[int] = record.patients
    return ids[:NAMES_IN_LIST]


def _names_of(patients: Iterable[int]) -> dict[int, str]:
    found = Patient.objects.filter(pk__in=patients).select_related("user")
    return {patient.pk: str(patient) for patient in found}
