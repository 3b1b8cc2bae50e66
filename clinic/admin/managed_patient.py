"""The patient of a page on which staff change how the person signs in."""

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest

from clinic.admin.base.audit import AuditedAdmin
from clinic.models import Patient
from users.admin import rights


def find_managed_patient(
    admin: AuditedAdmin[Patient], request: HttpRequest, patient_id: str
) -> Patient:
    """Return the patient, with the account. ``patient_id`` is the primary key, from the URL.

    Raises PermissionDenied unless the member of staff can change the patient and has every right
    that the account has, and Http404 if there is no such patient.
    """
    patients = Patient.objects.select_related("user")
    patient = patients.filter(pk=int(patient_id)).get_or_none()
    if not admin.has_change_permission(request, patient):
        raise PermissionDenied
    if patient is None:
        raise Http404
    if not rights.can_manage(request, patient.user):
        raise PermissionDenied
    return patient
