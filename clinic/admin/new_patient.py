"""The pages that book an appointment: for a known patient, or for a caller who is registered."""

import datetime as dt
from typing import Any, cast

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from typing_extensions import override

from clinic.admin.base.audit import AuditedAdmin
from clinic.admin.base.services import ServiceAdmin, ServiceRequest, request_user
from clinic.admin.booking_form import BookingForm
from clinic.admin.outside_form import CONSENT_FIELDS
from clinic.admin.registration_form import ANYWAY_FIELDS, REGISTRATION_FIELDS, RegistrationForm
from clinic.models import Appointment
from users.models import User

APPOINTMENT_FIELDS = (
    *("appointment_type", "date", "time", "free_time", CONSENT_FIELDS),
    *("duration_minutes", "reason_for_visit"),
)
BOOKING_FIELDSETS = [(None, {"fields": ("doctor", "patient", *APPOINTMENT_FIELDS)})]
NEW_PATIENT_FIELDSETS = [
    (_("Patient"), {"fields": (*REGISTRATION_FIELDS, ANYWAY_FIELDS)}),
    (_("Appointment"), {"fields": ("doctor", *APPOINTMENT_FIELDS)}),
]


class NewPatientBookingForm(RegistrationForm, BookingForm):
    """Registers a patient and books an appointment for them."""

    @override
    def apply(self, actor: User, now: dt.datetime) -> Appointment:
        """Register and book. Raises the errors of ``register_patient`` and ``book``."""
        self.cleaned_data["patient"] = self.register(actor, now)
        return super().apply(actor, now)


class BookingMixin(AuditedAdmin[Appointment], ServiceAdmin[Appointment]):
    """The pages that book an appointment: for a known patient, and for a new one.

    The second page is the first one with the fields of a new patient instead of the patient. Both
    are saved in the transaction of the page, so that no patient remains if the booking fails.
    """

    @override
    def get_urls(self) -> list[URLPattern]:
        page = self.admin_site.admin_view(self.new_patient_view)
        return [path("new-patient/", page, name="clinic_appointment_new"), *super().get_urls()]

    def new_patient_view(self, request: HttpRequest) -> HttpResponse:
        """Show the form, or register the patient and book the appointment."""
        if not request_user(request).has_perm("clinic.add_patient"):
            raise PermissionDenied
        cast("ServiceRequest", request).registers_patient = True
        context = {"title": gettext("New patient and appointment"), "registers_patient": True}
        response: HttpResponse = self.changeform_view(request, extra_context=context)
        return response

    @override
    def get_fieldsets(self, request: HttpRequest, obj: Appointment | None = None) -> Any:
        return NEW_PATIENT_FIELDSETS if _registers_patient(request) else BOOKING_FIELDSETS

    @override
    def get_form(
        self,
        request: HttpRequest,
        obj: Appointment | None = None,
        change: bool = False,
        **kwargs: Any,
    ) -> Any:
        form = NewPatientBookingForm if _registers_patient(request) else BookingForm
        return super().get_form(request, obj, change, **{"form": form, **kwargs})

    def log_registration(self, request: HttpRequest, appointment: Appointment) -> None:
        """Record the new patient in the admin log and the audit log, if the page had one."""
        if _registers_patient(request):
            # The log accepts rows of every model.
            self.log_addition(request, cast("Any", appointment.patient), [{"added": {}}])


def _registers_patient(request: HttpRequest) -> bool:
    return getattr(request, "registers_patient", False)
