"""The patients that the booking form of the calendar finds."""

from typing import Any

from django.contrib.admin import ModelAdmin
from django.http import HttpRequest

from clinic.models import Patient
from users.models import User

MAX_RESULTS = 10
MIN_LENGTH = 2
# What a result discloses, for the audit log.
FOUND_FIELDS = ("date_of_birth", "name", "phone_number")


def find_patients(
    admin: ModelAdmin[Any], request: HttpRequest, user: User, text: str
) -> list[Patient]:
    """Return the patients found by name, date of birth, telephone number or email address.

    The search is that of the list of patients, among those whose record the user can read.
    """
    if len(text.strip()) < MIN_LENGTH:
        return []
    readable = Patient.objects.visible_to(user).select_related("user")
    found, _may_repeat = admin.get_search_results(request, readable, text)
    ordered = found.order_by("user__last_name_folded", "user__first_name_folded", "pk")
    return list(ordered[:MAX_RESULTS])


def describe_patient(patient: Patient) -> dict[str, Any]:
    """Return a result: several patients can have the same name."""
    return {
        "id": patient.pk,
        "name": str(patient),
        "born": f"{patient.date_of_birth}",
        "phone": str(patient.phone_number or ""),
    }
