"""Export of the personal data stored about a user (GDPR, Articles 15 and 20)."""

import json
from collections.abc import Iterable
from typing import Any

from django.contrib.admin.models import LogEntry
from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import Model, Prefetch, QuerySet
from django_otp.plugins.otp_totp.models import TOTPDevice

from clinic.models import (
    AccessRecord,
    Appointment,
    AppointmentChange,
    Doctor,
    Notification,
    Patient,
    TimeOff,
    WorkingHours,
)
from clinic.privacy.admin_log import log_entries_about
from clinic.privacy.export_fields import EXPORTED, PATIENT_ONLY
from users.models import AccountNotification, RefreshToken, User


def export_user(user: User) -> dict[str, Any]:
    """Return the data as plain JSON values: dates and times in ISO 8601, instants in UTC.

    An appointment's data belong to its patient: the doctor's export contains neither the
    patient nor the reasons, and the patient's export contains only the doctor's name
    (Article 15(4)). Passwords and tokens are stored as hashes only and are not exported.

    The keys, such as "letters" for notifications and "desk_log" for the admin log, are
    part of the API: clients read them, so they keep the names of earlier releases.
    """
    doctor, patient = Doctor.objects.for_user(user), Patient.objects.for_user(user)
    accesses_by_user = AccessRecord.objects.filter(actor=user).order_by("pk")
    export = {
        "account": _values(user, EXPORTED[User]) | {"avatar": user.avatar.name or None},
        "sign_ins": _list(user.refresh_tokens.order_by("pk"), EXPORTED[RefreshToken]),
        "second_factor": _list(
            TOTPDevice.objects.filter(user=user).order_by("pk"), EXPORTED[TOTPDevice]
        ),
        "account_notifications": _list(user.notifications.all(), EXPORTED[AccountNotification]),
        "doctor": doctor and _doctor(doctor),
        "patient": patient and _patient(patient),
        "desk_log": _log_entries(log_entries_about(user)),
        "desk_log_by_you": _log_entries(LogEntry.objects.filter(user=user)),
        "accesses_by_you": _list(accesses_by_user, (*EXPORTED[AccessRecord], "address")),
    }
    plain: dict[str, Any] = json.loads(json.dumps(export, cls=DjangoJSONEncoder))
    return plain


def _doctor(doctor: Doctor) -> dict[str, Any]:
    working_hours = doctor.working_hours.order_by("weekday", "start_time")
    return _values(doctor, EXPORTED[Doctor]) | {
        "phone_number": str(doctor.phone_number),
        "working_hours": _list(working_hours, EXPORTED[WorkingHours]),
        "time_off": _list(doctor.time_off.order_by("starts_at"), EXPORTED[TimeOff]),
        "appointments": [
            _appointment(appointment, doctor.user)
            for appointment in _with_related(doctor.appointments.all())
        ],
    }


def _patient(patient: Patient) -> dict[str, Any]:
    accesses = AccessRecord.objects.about([patient.pk]).order_by("pk").select_related("actor")
    return _values(patient, EXPORTED[Patient]) | {
        "emergency_contact_phone": str(patient.emergency_contact_phone),
        "appointments": [
            _appointment(appointment, patient.user)
            | _values(appointment, PATIENT_ONLY)
            | {"doctor": str(appointment.doctor.user)}
            for appointment in _with_related(patient.appointments.all())
        ],
        "accesses": [
            _values(access, EXPORTED[AccessRecord]) | {"actor": str(access.actor)}
            for access in accesses
        ],
    }


def _with_related(appointments: "QuerySet[Appointment]") -> "QuerySet[Appointment]":
    """Load the doctor, the history and the notifications in a constant number of queries."""
    notifications = Prefetch("notifications", Notification.objects.order_by("pk"))
    return (
        appointments.select_related("doctor__user")
        .prefetch_related("history", notifications)
        .order_by("date", "time", "pk")
    )


def _appointment(appointment: Appointment, user: User) -> dict[str, Any]:
    """Return the data that patient and doctor both receive, from the view of ``user``."""
    return _values(appointment, EXPORTED[Appointment]) | {
        "booked_by_you": appointment.booked_by_id == user.pk,
        "history": [
            _values(change, EXPORTED[AppointmentChange])
            | {"by_you": change.changed_by_id == user.pk}
            for change in appointment.history.all()
        ],
        "letters": [
            _values(notification, EXPORTED[Notification])
            | {"to_you": notification.recipient_id == user.pk}
            for notification in appointment.notifications.all()
        ],
    }


def _log_entries(entries: "QuerySet[LogEntry]") -> list[dict[str, Any]]:
    """Return log entries without ``object_repr``, which names both parties of an appointment."""
    return [
        {"at": entry.action_time, "of": str(entry.content_type), "what": entry.get_change_message()}
        for entry in entries.select_related("content_type").order_by("pk")
    ]


def _list(objects: Iterable[Model], fields: tuple[str, ...]) -> list[dict[str, Any]]:
    return [_values(instance, fields) for instance in objects]


def _values(instance: Model, fields: tuple[str, ...]) -> dict[str, Any]:
    return {field: getattr(instance, field) for field in fields}
