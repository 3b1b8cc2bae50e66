"""Admin of the audit log."""

from collections.abc import Collection, Iterable
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from typing_extensions import override

from clinic.admin.base.audit import AuditedAdmin
from clinic.admin.base.read_only import ReadOnlyAdmin
from clinic.models import AccessRecord, MergedPatient, Patient
from users.admin.request_checks import LenientChangeList
from users.folding import search_terms

PATIENTS_NAMED_IN_LIST = 3
# A search adds one condition per matching patient: each is looked up in JSON lists of ids.
MAX_PATIENTS_SEARCHED = 50


class AccessRecordList(LenientChangeList):
    """Loads the names of the listed patients in one query for the whole page."""

    @override
    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        ids = {patient_id for record in self.result_list for patient_id in _first_patients(record)}
        names = _names_by_id(ids)
        for record in self.result_list:
            record.patient_names = [names[patient_id] for patient_id in _first_patients(record)]


@admin.register(AccessRecord)
class AccessRecordAdmin(AuditedAdmin[AccessRecord], ReadOnlyAdmin[AccessRecord]):
    """Read-only, searchable. Viewing it is itself recorded in the audit log."""

    list_display = (
        *("at", "actor", "on_behalf_of", "action", "named_patients", "operation", "address"),
    )
    fields = (
        *("at", "actor", "on_behalf_of", "action", "named_patients", "fields", "operation"),
        *("address", "request_id"),
    )
    list_filter = ("at", "action")
    list_select_related = ("actor", "on_behalf_of")
    show_full_result_count = False
    # Patients are found by ``get_search_results``.
    search_fields = (
        "actor__first_name_folded",
        "actor__last_name_folded",
        "actor__email",
        "address",
        "request_id",
    )
    search_help_text = _("Name or email address of the actor or a patient, client IP or request ID")

    @override
    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[AccessRecordList]:
        return AccessRecordList

    @override
    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[AccessRecord], search_term: str
    ) -> tuple[QuerySet[AccessRecord], bool]:
        """Find the records by their own fields, and those about patients who match the term."""
        records, may_have_duplicates = super().get_search_results(request, queryset, search_term)
        if not search_terms(search_term):
            return records, may_have_duplicates
        patient_admin = self.admin_site.get_model_admin(Patient)
        patients, _duplicates = patient_admin.get_search_results(
            request, Patient.objects.order_by("pk"), search_term
        )
        patient_ids = list(patients.values_list("pk", flat=True)[: MAX_PATIENTS_SEARCHED + 1])
        if len(patient_ids) > MAX_PATIENTS_SEARCHED:
            message = gettext(
                "More than {limit} patients match. The list shows accesses to the first {limit}."
            )
            self.message_user(
                request, message.format(limit=MAX_PATIENTS_SEARCHED), messages.WARNING
            )
        if patient_ids:
            records |= AccessRecord.objects.about(patient_ids[:MAX_PATIENTS_SEARCHED])
        return records, may_have_duplicates

    @override
    def patients_in_list(self, obj: AccessRecord) -> Collection[int]:
        return _first_patients(obj)

    @admin.display(description=_("patients"))
    def named_patients(self, record: AccessRecord) -> str:
        """Name all patients on the record's own page, and only the first ones in the list."""
        names = record.patient_names
        if names is None:
            names = sorted(_names_by_id(record.patients).values())
        elif more := len(record.patients) - len(names):
            more_text = ngettext("and {count} more", "and {count} more", more).format(count=more)
            names = [*names, more_text]
        return ", ".join(names)


def _first_patients(record: AccessRecord) -> list[int]:
    """Return the ids of the patients that the list names."""
    ids: list[int] = record.patients
    return ids[:PATIENTS_NAMED_IN_LIST]


def _names_by_id(patient_ids: Iterable[int]) -> dict[int, str]:
    """Return the names of the patients; of one who was merged, that of the kept patient."""
    ids = set(patient_ids)
    patients = Patient.objects.filter(pk__in=ids).select_related("user")
    names = {patient.pk: str(patient) for patient in patients}
    if missing := ids - names.keys():
        merged = MergedPatient.objects.filter(merged_id__in=missing)
        for row in merged.select_related("patient__user"):
            names[row.merged_id] = str(row.patient)
    return names
