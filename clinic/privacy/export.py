"""Export of the personal data stored about a user (GDPR, Articles 15 and 20)."""

from collections import defaultdict
from collections.abc import Iterator
from itertools import islice
from typing import Any

from django.contrib.admin.models import LogEntry
from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import Model, QuerySet
from django_otp.plugins.otp_totp.models import TOTPDevice
from phonenumber_field.phonenumber import PhoneNumber

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

# Appointments whose rows are in memory at the same time, besides the export itself.
CHUNK = 1_000
# Types that JSON has; the encoder converts all others.
JSON_TYPES = (str, int, float, list, dict, type(None))
ENCODER = DjangoJSONEncoder()


def number_of_appointments(user: User) -> int:
    """Return how many appointments the export contains, which decide how long it takes."""
    return Appointment.objects.of(user).count()


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
    return {
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


def _doctor(doctor: Doctor) -> dict[str, Any]:
    working_hours = doctor.working_hours.order_by("weekday", "start_time")
    return _values(doctor, EXPORTED[Doctor]) | {
        "working_hours": _list(working_hours, EXPORTED[WorkingHours]),
        "time_off": _list(doctor.time_off.order_by("starts_at"), EXPORTED[TimeOff]),
        "appointments": [
            exported for _, exported in _appointments(doctor.appointments.all(), doctor.user)
        ],
    }


def _patient(patient: Patient) -> dict[str, Any]:
    doctors = Doctor.objects.filter(appointments__patient=patient).distinct().select_related("user")
    names = {doctor.pk: str(doctor.user) for doctor in doctors}
    accesses = AccessRecord.objects.about([patient.pk]).order_by("pk").select_related("actor")
    return _values(patient, EXPORTED[Patient]) | {
        "appointments": [
            exported | _plain(row, PATIENT_ONLY) | {"doctor": names[row["doctor_id"]]}
            for row, exported in _appointments(patient.appointments.all(), patient.user)
        ],
        "accesses": [
            _values(access, EXPORTED[AccessRecord]) | {"actor": str(access.actor)}
            for access in accesses.iterator()
        ],
    }


def _appointments(
    appointments: "QuerySet[Appointment]", user: User
) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Yield each appointment's columns, and the data that patient and doctor both receive.

    ``user`` is the person of the export. Takes three queries for each ``CHUNK`` appointments.
    """
    columns = ("pk", "doctor_id", "booked_by_id", *EXPORTED[Appointment], *PATIENT_ONLY)
    rows = appointments.order_by("date", "time", "pk").values(*columns).iterator(CHUNK)
    while chunk := list(islice(rows, CHUNK)):
        pks = [row["pk"] for row in chunk]
        changes = _by_appointment(AppointmentChange.objects.all(), pks, "changed_by_id")
        notifications = _by_appointment(Notification.objects.order_by("pk"), pks, "recipient_id")
        for row in chunk:
            yield (
                row,
                _plain(row, EXPORTED[Appointment])
                | {
                    "booked_by_you": row["booked_by_id"] == user.pk,
                    "history": [
                        _plain(change, EXPORTED[AppointmentChange])
                        | {"by_you": change["changed_by_id"] == user.pk}
                        for change in changes[row["pk"]]
                    ],
                    "letters": [
                        _plain(notification, EXPORTED[Notification])
                        | {"to_you": notification["recipient_id"] == user.pk}
                        for notification in notifications[row["pk"]]
                    ],
                },
            )


def _by_appointment(
    rows: "QuerySet[Any]", appointments: list[int], person: str
) -> dict[int, list[dict[str, Any]]]:
    """Load the rows of these appointments in one query, with the column of their person."""
    found: dict[int, list[dict[str, Any]]] = defaultdict(list)
    columns = ("appointment_id", person, *EXPORTED[rows.model])
    for row in rows.filter(appointment__in=appointments).values(*columns):
        found[row["appointment_id"]].append(row)
    return found


def _log_entries(entries: "QuerySet[LogEntry]") -> list[dict[str, Any]]:
    """Return log entries without ``object_repr``, which names both parties of an appointment."""
    return [
        {
            "at": _json(entry.action_time),
            "of": str(entry.content_type),
            "what": entry.get_change_message(),
        }
        for entry in entries.select_related("content_type").order_by("pk")
    ]


def _list(objects: "QuerySet[Any]", fields: tuple[str, ...]) -> list[dict[str, Any]]:
    return [_plain(row, fields) for row in objects.values(*fields).iterator()]


def _values(instance: Model, fields: tuple[str, ...]) -> dict[str, Any]:
    return {field: _json(getattr(instance, field)) for field in fields}


def _plain(row: dict[str, Any], fields: tuple[str, ...]) -> dict[str, Any]:
    return {field: _json(row[field]) for field in fields}


def _json(value: Any) -> Any:
    if isinstance(value, PhoneNumber):
        return str(value)
    return value if isinstance(value, JSON_TYPES) else ENCODER.default(value)
