"""Doctors at the desk: profile, approval, week and time off."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from typing_extensions import override

from clinic import profiles
from clinic.admin.base.audit import AuditedAdmin
from clinic.admin.base.services import SERVICE_ERRORS, ServiceForm, as_form_error
from clinic.admin.profiles import ProfileAdmin
from clinic.admin.schedules import HoursInline, TimeOffFormSet, TimeOffInline, conflicts
from clinic.models import Doctor


class DoctorForm(ServiceForm[Doctor]):
    class Meta:
        labels = {
            "experience_years": "Years of experience",
            "slot_minutes": "Minutes of a slot",
        }
        help_texts = {"slot_minutes": "Patients book one slot at a time. In steps of five."}


@admin.register(Doctor)
class DoctorAdmin(AuditedAdmin[Doctor], ProfileAdmin[Doctor]):
    upsert = staticmethod(profiles.upsert_doctor)
    form = DoctorForm
    fields = ("user", "specialty", "phone_number", "experience_years", "slot_minutes", "approved")
    list_display = ("last_name", "first_name", "specialty", "phone_number", "approved", "is_active")
    list_filter = ("approved", "user__is_active", "specialty")
    search_fields = ("user__first_name", "user__last_name", "user__email", "specialty")
    search_help_text = "Name, e-mail address or specialty"
    actions = ("approve",)

    @admin.display(description="active", boolean=True, ordering="user__is_active")
    def is_active(self, doctor: Doctor) -> bool:
        return doctor.user.is_active

    @override
    def get_inlines(self, request: HttpRequest, obj: Doctor | None) -> Any:
        # A new doctor gets the usual week, to be changed once the profile is there.
        return [HoursInline, TimeOffInline] if obj else []

    @override
    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        for formset in formsets:
            if isinstance(formset, TimeOffFormSet):
                self._warn_of_conflicts(request, formset)

    def _warn_of_conflicts(self, request: HttpRequest, formset: TimeOffFormSet) -> None:
        inside = conflicts(formset.new_objects)
        for off in formset.new_objects:
            if number := len(inside[off.pk]):
                stand = "1 appointment stands" if number == 1 else f"{number} appointments stand"
                message = f"{stand} inside the time off {off}: move or cancel each by itself."
                self.message_user(request, message, messages.WARNING)

    @admin.action(description="Approve, so that patients can book", permissions=["change"])
    def approve(self, request: HttpRequest, doctors: QuerySet[Doctor]) -> None:
        waiting = doctors.filter(approved=False)
        if not waiting:
            self.message_user(request, "All of them are approved already.", messages.INFO)
            return
        approved = 0
        for doctor in waiting:
            try:
                profiles.upsert_doctor(doctor.user, approved=True)
            except SERVICE_ERRORS as refusal:
                why = " ".join(as_form_error(refusal).messages)
                self.message_user(request, f"{doctor}: {why}", messages.ERROR)
            else:
                self.log_change(request, doctor, [{"changed": {"fields": ["approved"]}}])
                approved += 1
        if approved:
            doctors_ = "doctor" if approved == 1 else "doctors"
            self.message_user(request, f"{approved} {doctors_} approved.", messages.SUCCESS)
