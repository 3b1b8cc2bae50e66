"""What is held about a person, for that person (GDPR, Articles 15 and 20)."""

import json
from collections.abc import Iterable
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import Model, QuerySet

from clinic.models import AccessRecord, Appointment, Doctor, Patient
from users.models import User

ACCOUNT = (
    "email", "first_name", "last_name", "gender", "is_doctor", "is_patient", "is_staff",
    "date_joined", "last_login",
)  # fmt: skip
DOCTOR = ("specialty", "phone_number", "experience_years", "slot_minutes", "approved")
PATIENT = ("date_of_birth", "address", "emergency_contact_name", "emergency_contact_phone")
APPOINTMENT = (
    "date", "time", "duration_minutes", "status", "reason_for_visit", "cancellation_reason",
    "created_at", "updated_at",
)  # fmt: skip
CHANGE = ("status", "date", "time", "changed_at")
HOURS = ("weekday", "start_time", "end_time")
TIME_OFF = ("starts_at", "ends_at", "reason")
SIGN_IN = ("created_at", "expires_at", "used_at", "revoked_at")
ACCESS = ("at", "action", "operation", "fields", "address")


def everything_about(user: User) -> dict[str, Any]:
    """Values as JSON has them: dates and times in ISO 8601, instants in UTC.

    Of the other side of a visit only the name is in it. Passwords and tokens are
    kept as hashes only, and are not.
    """
    doctor = Doctor.objects.filter(user=user).first()
    patient = Patient.objects.filter(user=user).first()
    export = {
        "account": _values(user, ACCOUNT) | {"avatar": user.avatar.name or None},
        "sign_ins": _rows(user.refresh_tokens.order_by("pk"), SIGN_IN),
        "doctor": doctor and _doctor(doctor),
        "patient": patient and _patient(patient),
        "accesses_by_you": _rows(AccessRecord.objects.filter(actor=user).order_by("pk"), ACCESS),
    }
    plain: dict[str, Any] = json.loads(json.dumps(export, cls=DjangoJSONEncoder))
    return plain


def _doctor(doctor: Doctor) -> dict[str, Any]:
    return _values(doctor, DOCTOR) | {
        "phone_number": str(doctor.phone_number),
        "working_hours": _rows(doctor.working_hours.order_by("weekday", "start_time"), HOURS),
        "time_off": _rows(doctor.time_off.order_by("starts_at"), TIME_OFF),
        "appointments": _appointments(doctor.appointments.all()),
    }


def _patient(patient: Patient) -> dict[str, Any]:
    accesses = AccessRecord.objects.filter(patient=patient).order_by("pk").select_related("actor")
    return _values(patient, PATIENT) | {
        "emergency_contact_phone": str(patient.emergency_contact_phone),
        "appointments": _appointments(patient.appointments.all()),
        "accesses": [_values(access, ACCESS) | {"actor": str(access.actor)} for access in accesses],
    }


def _appointments(visits: "QuerySet[Appointment]") -> list[dict[str, Any]]:
    visits = visits.select_related("doctor__user", "patient__user").prefetch_related("history")
    return [
        _values(visit, APPOINTMENT)
        | {
            "doctor": str(visit.doctor.user),
            "patient": str(visit.patient.user),
            "history": _rows(visit.history.all(), CHANGE),
        }
        for visit in visits.order_by("date", "time", "pk")
    ]


def _rows(rows: Iterable[Model], names: tuple[str, ...]) -> list[dict[str, Any]]:
    return [_values(row, names) for row in rows]


def _values(row: Model, names: tuple[str, ...]) -> dict[str, Any]:
    return {name: getattr(row, name) for name in names}
