"""The page on which staff merge the records of two patients who are one person."""

import re
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.widgets import AutocompleteSelect
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, re_path, reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from typing_extensions import override

from clinic import clock
from clinic.admin.base.audit import AuditedAdmin
from clinic.admin.base.generics import ModelAdmin
from clinic.admin.base.services import SERVICE_ERRORS, as_form_error, request_user
from clinic.models import MergedPatient, Patient
from clinic.people.merge_plan import MergePlan, has_credentials, plan_merge
from clinic.people.merging import merge_patients
from users.common.transactions import atomic_with_retry
from users.folding import search_key

MERGE_PERMISSION = "clinic.merge_patients"
PRIMARY_KEY = re.compile(r"[0-9]{1,18}")
TEMPLATE = "admin/clinic/patient/merge.html"
SHOWN_FIELDS = (
    *("name", "date_of_birth", "phone_number", "email", "address"),
    *("appointments", "guardians", "dependants"),
)


class OtherPatientForm(forms.Form):
    """The patient whose record ends."""

    def __init__(self, data: Any, site: admin.AdminSite) -> None:
        super().__init__(data)
        self.fields["other"] = forms.ModelChoiceField(
            label=_("Patient whose record ends"),
            queryset=Patient.objects.select_related("user"),
            widget=AutocompleteSelect(MergedPatient._meta.get_field("patient"), site),  # noqa: SLF001 - Django documents _meta as public
        )


class ConfirmationForm(forms.Form):
    """The second question: the name of the patient whose record ends."""

    name = forms.CharField(max_length=400)

    def __init__(self, data: Any, merged: Patient) -> None:
        super().__init__(data)
        self.merged = merged
        text = _("To merge permanently, type the name of the patient whose record ends: {name}")
        self.fields["name"].label = text.format(name=merged)

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"]
        if search_key(name) != search_key(str(self.merged)):
            raise ValidationError(_("This is not the name. Nothing was merged."), code="invalid")
        return name


class MergeMixin(AuditedAdmin[Patient]):
    """Adds the page, and the action that opens it, to the admin of patients."""

    actions: tuple[str, ...] = ("merge_selected",)

    @override
    def get_urls(self) -> list[URLPattern]:
        page = self.admin_site.admin_view(self.merge_view)
        pattern = r"^(?P<kept_id>[0-9]{1,18})/merge/$"
        return [re_path(pattern, page, name="clinic_patient_merge"), *super().get_urls()]

    def has_merge_permission(self, request: HttpRequest) -> bool:
        """Return whether the member of staff can merge patients."""
        return request_user(request).has_perm(MERGE_PERMISSION)

    @admin.action(description=_("Merge two records of one person"), permissions=["merge"])
    def merge_selected(
        self, request: HttpRequest, patients: QuerySet[Patient]
    ) -> HttpResponse | None:
        chosen = list(patients.order_by("pk")[:3])
        if len(chosen) != 2:
            self.message_user(request, gettext("Select two patients."), messages.ERROR)
            return None
        # The record of a person who can sign in is the one to keep.
        kept, merged = sorted(chosen, key=lambda patient: not has_credentials(patient.user))
        return HttpResponseRedirect(f"{_url_of(kept)}?other={merged.pk}")

    def merge_view(self, request: HttpRequest, kept_id: str) -> HttpResponse:
        """Ask for the other patient, show what moves, and merge once the name is typed."""
        if not (self.has_merge_permission(request) and self.has_view_permission(request)):
            raise PermissionDenied
        kept = Patient.objects.select_related("user").filter(pk=int(kept_id)).get_or_none()
        if kept is None:
            raise Http404
        form = OtherPatientForm(_chosen(request), self.admin_site)
        context = {
            **self.admin_site.each_context(request),
            "title": gettext("Merge another record into that of {name}").format(name=kept),
            "opts": self.opts,
            "media": self.media + form.media,
            "form": form,
            "kept": kept,
        }
        self.record_shown(request, [kept], SHOWN_FIELDS)
        if form.is_valid():
            plan = plan_merge(kept, form.cleaned_data["other"])
            data = request.POST if request.method == "POST" else None
            confirmation = ConfirmationForm(data, plan.merged)
            if confirmation.is_valid() and self._merge(request, plan, confirmation):
                return HttpResponseRedirect(reverse("admin:clinic_patient_change", args=[kept.pk]))
            self.record_shown(request, [plan.merged], SHOWN_FIELDS)
            context |= {
                "plan": plan,
                "confirmation": confirmation,
                "rows": _rows(plan),
                "swapped_url": f"{_url_of(plan.merged)}?other={kept.pk}",
            }
        return TemplateResponse(request, TEMPLATE, context)

    def _merge(self, request: HttpRequest, plan: MergePlan, form: ConfirmationForm) -> bool:
        """Merge, and log it; return whether it succeeded. Adds the errors to the form."""
        merged_id = plan.merged.pk

        @atomic_with_retry
        def merge() -> Patient:
            kept = merge_patients(
                actor=request_user(request),
                kept_id=plan.kept.pk,
                merged_id=merged_id,
                now=clock.now(),
                request=request,
            )
            # Not the audited method: the service has written the audit log. Without the name, which
            # an erasure would not find in the message.
            text = gettext("Merged the record of patient {id} into this one.")
            ModelAdmin.log_change(self, request, kept, text.format(id=merged_id))
            return kept

        try:
            kept = merge()
        except SERVICE_ERRORS as error:
            form.add_error(None, as_form_error(error).messages)
            return False
        text = gettext("The records were merged into that of {name}.")
        self.message_user(request, text.format(name=kept), messages.SUCCESS)
        return True


def _chosen(request: HttpRequest) -> dict[str, str] | None:
    """Return the data of the form; None if the page was opened without a choice."""
    if "other" not in request.GET:
        return None
    # The widget would query for other values, to display them, and the query would fail.
    is_number = PRIMARY_KEY.fullmatch(request.GET["other"])
    return {"other": request.GET["other"] if is_number else ""}


def _url_of(patient: Patient) -> str:
    return reverse("admin:clinic_patient_merge", args=[patient.pk])


def _rows(plan: MergePlan) -> list[tuple[Any, Any, Any]]:
    """Return label, value of the kept record and value of the other one, for each shown field."""

    def row(label: Any, read: Any) -> tuple[Any, Any, Any]:
        return label, read(plan.kept), read(plan.merged)

    return [
        row(_("Name"), str),
        row(_("Date of birth"), lambda patient: str(patient.date_of_birth)),
        row(_("Phone number"), lambda patient: patient.phone_number),
        row(_("Email address"), lambda patient: patient.user.email or ""),
        row(_("Address"), lambda patient: patient.address),
        row(_("Can sign in"), lambda patient: _yes_or_no(has_credentials(patient.user))),
    ]


def _yes_or_no(value: object) -> str:
    return gettext("yes") if value else gettext("no")
