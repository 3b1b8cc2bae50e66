"""Admin of doctors: profile, approval, appointment types, working hours, time off."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from typing_extensions import override

from clinic import profiles
from clinic.admin.base.audit import AuditedAdmin
from clinic.admin.base.services import SERVICE_ERRORS, ServiceForm, as_form_error
from clinic.admin.doctor_assistants import AssistantInline
from clinic.admin.filters import SpecialtyFilter
from clinic.admin.offered_types import OfferedTypeInline
from clinic.admin.profiles import ProfileAdmin
from clinic.admin.schedules import TimeOffInline, WorkingHoursInline
from clinic.admin.special_hours import SpecialHoursInline
from clinic.models import Doctor


class DoctorForm(ServiceForm[Doctor]):
    """All fields of the profile."""

    class Meta:
        labels = {
            "experience_years": _("Years of experience"),
            "slot_minutes": _("Slot length in minutes"),
        }
        help_texts = {
            "slot_minutes": _(
                "Minutes from one slot to the next, a multiple of five. Also the length of an "
                "appointment without a type."
            )
        }


@admin.register(Doctor)
class DoctorAdmin(AuditedAdmin[Doctor], ProfileAdmin[Doctor]):
    """Doctor profiles. Patients can find and book doctors once they are approved."""

    upsert = staticmethod(profiles.upsert_doctor)
    form = DoctorForm
    fields = ("user", "specialty", "phone_number", "experience_years", "slot_minutes", "approved")
    list_display = (
        *("last_name", "first_name", "listed_specialty", "phone_number", "approved", "is_active"),
    )
    list_filter = ("approved", "user__is_active", SpecialtyFilter)
    search_fields = (
        "user__first_name_folded",
        "user__last_name_folded",
        "user__email",
        "specialty_folded",
    )
    search_help_text = _("Name, email address or specialty")
    actions = ("approve",)

    @admin.display(description=_("specialty"), ordering="specialty_folded")
    def listed_specialty(self, doctor: Doctor) -> str:
        return doctor.specialty

    @admin.display(description=_("active"), boolean=True, ordering="user__is_active")
    def is_active(self, doctor: Doctor) -> bool:
        return doctor.user.is_active

    @override
    def get_inlines(self, request: HttpRequest, obj: Doctor | None) -> Any:
        # A new profile gets the default working hours, which can be edited after saving it.
        if obj is None:
            return []
        return [
            *(OfferedTypeInline, WorkingHoursInline, SpecialHoursInline, TimeOffInline),
            AssistantInline,
        ]

    @override
    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        if (doctor := context["original"]) is not None:
            # Assistants can be patients, whom the page names.
            assistants = doctor.assistants.select_related("user__patient")
            self.record_named(request, [assistant.user for assistant in assistants])
        return super().render_change_form(request, context, *args, **kwargs)

    @override
    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        for formset in formsets:
            for warning in formset.warnings():
                self.message_user(request, warning, messages.WARNING)

    @admin.action(description=_("Approve, so that patients can book"), permissions=["change"])
    def approve(self, request: HttpRequest, doctors: QuerySet[Doctor]) -> None:
        unapproved = doctors.filter(approved=False)
        if not unapproved:
            message = gettext("All selected doctors are already approved.")
            self.message_user(request, message, messages.INFO)
            return
        approved = 0
        for doctor in unapproved:
            try:
                profiles.upsert_doctor(doctor.user, approved=True)
            except SERVICE_ERRORS as error:
                reason = " ".join(as_form_error(error).messages)
                self.message_user(request, f"{doctor}: {reason}", messages.ERROR)
            else:
                self.log_change(request, doctor, [{"changed": {"fields": ["approved"]}}])
                approved += 1
        if approved:
            message = ngettext("{count} doctor approved.", "{count} doctors approved.", approved)
            self.message_user(request, message.format(count=approved), messages.SUCCESS)
