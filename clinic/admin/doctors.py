"""Admin of doctors: profile, approval, working hours and time off."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from typing_extensions import override

from clinic import profiles
from clinic.admin.base.audit import AuditedAdmin
from clinic.admin.base.services import SERVICE_ERRORS, ServiceForm, as_form_error
from clinic.admin.filters import SpecialtyFilter
from clinic.admin.profiles import ProfileAdmin
from clinic.admin.schedules import TimeOffFormSet, TimeOffInline, WorkingHoursInline, conflicts
from clinic.models import Doctor


class DoctorForm(ServiceForm[Doctor]):
    """All fields of the profile."""

    class Meta:
        labels = {
            "experience_years": _("Years of experience"),
            "slot_minutes": _("Slot length in minutes"),
        }
        help_texts = {
            "slot_minutes": _("Length of an appointment booked by a patient. A multiple of five.")
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
        return [WorkingHoursInline, TimeOffInline] if obj else []

    @override
    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        for formset in formsets:
            if isinstance(formset, TimeOffFormSet):
                self._warn_of_conflicts(request, formset)

    def _warn_of_conflicts(self, request: HttpRequest, formset: TimeOffFormSet) -> None:
        overlapping = conflicts(formset.new_objects)
        for time_off in formset.new_objects:
            if count := len(overlapping[time_off.pk]):
                message = ngettext(
                    "{count} appointment overlaps the time off {time_off}. "
                    "Reschedule or cancel it.",
                    "{count} appointments overlap the time off {time_off}. "
                    "Reschedule or cancel each of them.",
                    count,
                ).format(count=count, time_off=time_off)
                self.message_user(request, message, messages.WARNING)

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
