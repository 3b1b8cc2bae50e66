"""What is held about a person, for that person (GDPR, Articles 15 and 20)."""

import json
from collections.abc import Iterable
from typing import Any

from django.contrib.admin.models import LogEntry
from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import Model, Prefetch, QuerySet

from clinic.models import AccessRecord, Appointment, Doctor, Notification, Patient
from clinic.privacy.admin_log import log_entries_about
from users.models import User

ACCOUNT = (
    "email", "first_name", "last_name", "gender", "is_doctor", "is_patient", "is_staff",
    "date_joined", "last_login",
)  # fmt: skip
DOCTOR = ("specialty", "phone_number", "experience_years", "slot_minutes", "approved")
PATIENT = ("date_of_birth", "address", "emergency_contact_name", "emergency_contact_phone")
APPOINTMENT = ("date", "time", "duration_minutes", "status", "created_at", "updated_at")
OF_THE_PATIENT = ("reason_for_visit", "cancellation_reason")
CHANGE = ("status", "date", "time", "changed_at")
NOTIFICATION = ("kind", "status", "date", "time", "created_at", "sent_at", "dropped_at", "failures")
HOURS = ("weekday", "start_time", "end_time")
TIME_OFF = ("starts_at", "ends_at", "reason")
SESSION = ("created_at", "expires_at", "used_at", "revoked_at")
ACCESS = ("at", "action", "operation", "fields")


def export_user(user: User) -> dict[str, Any]:
    """Values as JSON has them: dates and times in ISO 8601, instants in UTC.

    An appointment is its patient's record: who the patient is and why they came is not in
    its doctor's export, and of the doctor only the name is in the patient's (Article
    15, 4). Passwords and tokens are kept as hashes only, and are not in it.
    """
    doctor, patient = Doctor.objects.for_user(user), Patient.objects.for_user(user)
    export = {
        "account": _values(user, ACCOUNT) | {"avatar": user.avatar.name or None},
        "sign_ins": _rows(user.refresh_tokens.order_by("pk"), SESSION),
        "doctor": doctor and _doctor(doctor),
        "patient": patient and _patient(patient),
        "desk_log": _log(log_entries_about(user)),
        "desk_log_by_you": _log(LogEntry.objects.filter(user=user)),
        "accesses_by_you": _rows(
            AccessRecord.objects.filter(actor=user).order_by("pk"), (*ACCESS, "address")
        ),
    }
    plain: dict[str, Any] = json.loads(json.dumps(export, cls=DjangoJSONEncoder))
    return plain


def _doctor(doctor: Doctor) -> dict[str, Any]:
    return _values(doctor, DOCTOR) | {
        "phone_number": str(doctor.phone_number),
        "working_hours": _rows(doctor.working_hours.order_by("weekday", "start_time"), HOURS),
        "time_off": _rows(doctor.time_off.order_by("starts_at"), TIME_OFF),
        "appointments": [
            _appointment(appointment, doctor.user)
            for appointment in _loaded(doctor.appointments.all())
        ],
    }


def _patient(patient: Patient) -> dict[str, Any]:
    accesses = AccessRecord.objects.about([patient.pk]).order_by("pk").select_related("actor")
    return _values(patient, PATIENT) | {
        "emergency_contact_phone": str(patient.emergency_contact_phone),
        "appointments": [
            _appointment(appointment, patient.user)
            | _values(appointment, OF_THE_PATIENT)
            | {"doctor": str(appointment.doctor.user)}
            for appointment in _loaded(patient.appointments.all())
        ],
        "accesses": [_values(access, ACCESS) | {"actor": str(access.actor)} for access in accesses],
    }


def _loaded(appointments: "QuerySet[Appointment]") -> "QuerySet[Appointment]":
    letters = Prefetch("notifications", Notification.objects.order_by("pk"))
    appointments = appointments.select_related("doctor__user").prefetch_related("history", letters)
    return appointments.order_by("date", "time", "pk")


def _appointment(appointment: Appointment, user: User) -> dict[str, Any]:
    changes = [
        _values(change, CHANGE) | {"by_you": change.changed_by_id == user.pk}
        for change in appointment.history.all()
    ]
    letters = [
        _values(notice, NOTIFICATION) | {"to_you": notice.recipient_id == user.pk}
        for notice in appointment.notifications.all()
    ]
    return _values(appointment, APPOINTMENT) | {
        "booked_by_you": appointment.booked_by_id == user.pk,
        "history": changes,
        "letters": letters,
    }


def _log(lines: "QuerySet[LogEntry]") -> list[dict[str, Any]]:
    """Not what a line calls its subject: an appointment's name is that of both its sides."""
    return [
        {"at": line.action_time, "of": str(line.content_type), "what": line.get_change_message()}
        for line in lines.select_related("content_type").order_by("pk")
    ]


def _rows(rows: Iterable[Model], names: tuple[str, ...]) -> list[dict[str, Any]]:
    return [_values(row, names) for row in rows]


def _values(row: Model, names: tuple[str, ...]) -> dict[str, Any]:
    return {name: getattr(row, name) for name in names}
