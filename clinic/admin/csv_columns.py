"""The columns of the files that staff download."""

from collections.abc import Sequence

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from clinic import clock
from clinic.admin.base.csv_export import CsvColumn
from clinic.admin.base.formats import format_phone_number
from clinic.admin.base.services import request_user
from clinic.models import Appointment, Patient


def appointment_columns(request: HttpRequest) -> Sequence[CsvColumn]:
    """Return the columns of appointments; what is in patients' records needs its permission."""
    before, after = _APPOINTMENT[:_PATIENT_INDEX], _APPOINTMENT[_PATIENT_INDEX:]
    can_view_patients = request_user(request).has_perm("clinic.view_patient")
    return [*before, *(_OF_THE_PATIENT if can_view_patients else ()), *after]


def _arrival(row: Appointment) -> str:
    return f"{row.arrived_at.astimezone(clock.zone()):%H:%M}" if row.arrived_at else ""


def _patient_of(row: Appointment) -> Patient:
    return row.patient


_APPOINTMENT = (
    CsvColumn(_("Date"), "date", lambda row: row.date),
    CsvColumn(_("Time"), "time", lambda row: f"{row.time:%H:%M}"),
    CsvColumn(_("Minutes"), "duration_minutes", lambda row: row.duration_minutes),
    CsvColumn(_("Status"), "status", lambda row: row.get_status_display()),
    CsvColumn(_("Arrived"), "arrived_at", _arrival),
    CsvColumn(_("Doctor"), "doctor", lambda row: row.doctor.user),
    CsvColumn(_("Patient"), "patient", lambda row: row.patient),
    CsvColumn(_("Type"), "appointment_type", lambda row: row.appointment_type),
    CsvColumn(_("Reason for visit"), "reason_for_visit", lambda row: row.reason_for_visit),
)
# The columns of the patient's record follow the patient.
_PATIENT_INDEX = 7
_OF_THE_PATIENT = (
    CsvColumn(
        _("Date of birth"), "date_of_birth", lambda row: row.patient.date_of_birth, _patient_of
    ),
    CsvColumn(
        _("Phone number"),
        "phone_number",
        lambda row: format_phone_number(row.patient.phone_number),
        _patient_of,
    ),
)
PATIENT_COLUMNS = (
    CsvColumn(_("Last name"), "last_name", lambda row: row.user.last_name),
    CsvColumn(_("First name"), "first_name", lambda row: row.user.first_name),
    CsvColumn(_("Date of birth"), "date_of_birth", lambda row: row.date_of_birth),
    CsvColumn(_("Phone number"), "phone_number", lambda row: format_phone_number(row.phone_number)),
    CsvColumn(_("Email address"), "email", lambda row: row.user.email),
    CsvColumn(_("Address"), "address", lambda row: row.address),
)
